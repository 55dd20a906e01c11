// ByteStream: the bytes of a connection, over a plain socket (plain_stream.h) or TLS
// (tls/stream.h).
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
  kClosed,  // the peer has sent its last byte, or accepts no more
  kFailed,  // the connection or the file is broken: close
};

struct IoResult {
  IoStatus status;
  std::size_t bytes = 0;
};

// Whether more bytes follow at once, with which these may share a packet.
enum class More : std::uint8_t {
  kNone,     // send them now
  kFollows,  // they may be held back until then
};

// No call blocks: it returns kWouldBlock instead, and notify_when_*() then raises a flag of the
// connection's Wakeup once. Waiting and reading are separate, so that an idle connection needs no
// buffer and a busy one makes no failing read.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // Sets whose flags it raises. Call it before the first notify_when_*(), and again when another
  // connection object takes over the stream.
  virtual void bind(Wakeup& wakeup) = 0;

  virtual IoResult read(std::span<char> into) = 0;
  // After kWouldBlock the next write() or send_file() must begin with the same bytes, which may
  // already be encrypted; or the stream must be closed.
  virtual IoResult write(std::span<const iovec> from, More more) = 0;
  // Sends `count` bytes of the file from `offset`. Also fails if the file ends too early.
  virtual IoResult send_file(int fd, std::uint64_t offset, std::size_t count) = 0;

  // Returns what read() would return, without reading: kOk, kWouldBlock, kClosed (the peer has sent
  // its last byte but may still read) or kFailed (the connection is broken).
  virtual IoStatus peek() = 0;

  virtual void notify_when_readable() = 0;  // raises Wakeup::kReadable
  virtual void notify_when_writable() = 0;  // raises Wakeup::kWritable

  virtual void shutdown_write() = 0;
  // Ends the stream. The object must live until idle().
  virtual void close() = 0;
  // Closes so that the peer sees that the end is not regular: the connection is reset, and over TLS
  // there is no close_notify (RFC 8446 §6.1). Bytes that the peer has not received are dropped:
  // otherwise the kernel would keep them and retry for minutes.
  virtual void abort() = 0;
  // For queries to the kernel about the connection.
  virtual int descriptor() = 0;
  // Whether no handler of the loop refers to the object any more.
  virtual bool idle() const = 0;
};

}  // namespace tusk::net
