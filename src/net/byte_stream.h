// ByteStream: a connection's bytes, whatever carries them: a socket as it is (plain_stream.h), or
// TLS on one (tls/stream.h).
//
// Nothing blocks: what cannot be done now says so, and notify_when_*() then raises a flag of the
// connection's Wakeup once. Waiting and doing are apart so that an idle connection needs no
// buffer, and a busy one no failed read.
//
// Owner: a connection. Thread: its loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <sys/uio.h>

#include "net/wakeup.h"

namespace tusk::net {

enum class IoStatus {
  kOk,
  kWouldBlock,
  kClosed,  // the peer has sent its last byte, or takes no more
  kFailed,  // the connection or the file is broken: close
};

struct IoResult {
  IoStatus status;
  std::size_t bytes = 0;
};

class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // Whose flags it raises; before the first notify_when_*(), and again when another connection
  // object takes the stream over.
  virtual void bind(Wakeup& wakeup) = 0;

  virtual IoResult read(std::span<char> into) = 0;
  // `more`: bytes follow at once, and may share a packet; until they do, these may stay here.
  // After would_block the next call of write() or send_file() begins with the same bytes, or the
  // stream is closed: they may be encrypted already.
  virtual IoResult write(std::span<const iovec> from, bool more) = 0;
  // Sends `count` bytes of the file from `offset`. IoStatus::kFailed too when the file ends early.
  virtual IoResult send_file(int fd, std::uint64_t offset, std::size_t count) = 0;

  // What a read would give, without reading: ok, would_block, closed (the peer has sent its last
  // byte, and may still read) or failed (the connection is gone).
  virtual IoStatus peek() = 0;

  virtual void notify_when_readable() = 0;  // raises Wakeup::kReadable
  virtual void notify_when_writable() = 0;  // raises Wakeup::kWritable

  virtual void shutdown_write() = 0;
  // Ends it. The object must then live until idle().
  virtual void close() = 0;
  // As close(), but the peer sees that this was no proper end: it is reset, and over TLS there is
  // no close_notify (RFC 8446 §6.1). What it has not received yet is dropped: otherwise the kernel
  // would keep it, and go on asking the peer for minutes.
  virtual void abort() = 0;
  // For asking the kernel about the connection.
  virtual int descriptor() = 0;
  // No handler of the loop refers to the object any more.
  virtual bool idle() const = 0;
};

}  // namespace tusk::net
