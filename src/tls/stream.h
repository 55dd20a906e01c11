// Stream: a net::ByteStream that uses TLS on a socket, by OpenSSL.
//
// Owner: a connection. Thread: its loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "net/byte_stream.h"
#include "net/plain_stream.h"
#include "observe/metrics_list.h"
#include "tls/context.h"
#include "tls/read_guard.h"

namespace tusk::tls {

// handshake() is called again whenever bytes of the client have come. Before its first step there
// is only the socket, so that a client that only connects costs no memory.
//
// After a failed handshake, bytes are read and written unencrypted. So a client that speaks HTTP
// without TLS gets an answer that it can read, and others can be lingered for until they have read
// the alert.
class Stream final : public net::ByteStream {
 public:
  Stream(boost::asio::io_context& io, base::UniqueFd socket,
         std::shared_ptr<const Context> context);

  void bind(net::Wakeup& wakeup) override;

  // Checks what the client has sent before the handshake. kOk: bytes. kWouldBlock: nothing yet;
  // call notify_for_handshake(). kClosed, kFailed: the client has left, so its bytes get no answer;
  // failure() says why.
  net::IoStatus arrival();
  // Makes the next step. kOk: the handshake is done. kWouldBlock: call notify_for_handshake(), then
  // this again. kClosed, kFailed: failure() says why.
  net::IoStatus handshake();
  void notify_for_handshake();  // raises net::Wakeup::kReadable
  // A step was computed, so the session exists and uses memory.
  bool begun() const { return session_ != nullptr; }
  observe::TlsFailure failure() const { return failure_; }
  std::string_view failure_text() const { return failure_text_; }

  // --- after the handshake ---
  observe::TlsVersion version() const;
  std::string_view version_name() const;  // "TLSv1.3"
  std::string_view cipher_name() const;
  std::string_view protocol() const;  // chosen by ALPN: "h2", "http/1.1"; empty: none
  bool resumed() const;
  // The server variables for scripts (tls/variables.h).
  std::string variables() const;

  net::IoResult read(std::span<char> into) override;
  net::IoResult write(std::span<const iovec> from, net::More more) override;
  net::IoResult send_file(int fd, std::uint64_t offset, std::size_t count) override;
  net::IoStatus peek() override;
  void notify_when_readable() override;
  void notify_when_writable() override;
  void shutdown_write() override;
  void close() override;
  void abort() override;
  bool idle() const override { return socket_.idle(); }
  int descriptor() override { return socket_.descriptor(); }

 private:
  net::IoStatus status_of(int error);
  net::IoStatus status_of_read(int result);
  std::size_t compose(std::span<const iovec> from, std::size_t skip, std::size_t most);
  std::size_t record_limit(std::size_t total);
  net::IoResult seal(const char* data, std::size_t size);
  void say_goodbye();
  void forget();  // frees the session

  net::PlainStream socket_;
  net::Wakeup* wakeup_ = nullptr;
  std::shared_ptr<const Context> context_;  // until the handshake has ended
  ReadGuard guard_;
  Handle<ssl_st> session_;

  bool open_ = false;             // the handshake is done
  bool unencrypted_ = false;      // the handshake has failed
  bool broken_ = false;           // no more records can be exchanged
  bool may_hold_bytes_ = false;   // the last read returned bytes, so there may be more in OpenSSL
  bool read_needs_room_ = false;  // the last read requires an answer (TLS 1.3's KeyUpdate)
  bool write_needs_bytes_ = false;
  bool said_goodbye_ = false;
  // Small pieces written with `more`, which share the record of what follows.
  std::string held_;
  // Length of a record that is encrypted but not sent. The next write must have the same length.
  std::size_t pending_ = 0;
  base::MonotonicTime last_sent_{};

  observe::TlsFailure failure_ = observe::TlsFailure::kOther;
  std::string_view failure_text_;  // static texts
};

}  // namespace tusk::tls
