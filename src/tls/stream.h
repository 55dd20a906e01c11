// Stream: a net::ByteStream that speaks TLS on a socket, by OpenSSL.
//
// It begins with handshake(), in as many steps as the client's bytes come in; before the first of
// them there is nothing but the socket, so that a client which only connects costs no memory.
//
// A handshake that failed leaves the socket as it is: what is read and written then goes through
// unchanged. So a client that speaks HTTP without TLS can be told so, and others be lingered for
// until they have read the alert.
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

class Stream final : public net::ByteStream {
 public:
  Stream(boost::asio::io_context& io, base::UniqueFd socket,
         std::shared_ptr<const Context> context);

  void bind(net::Wakeup& wakeup) override;

  // What the client has sent before the handshake begins. ok: something. would_block: nothing yet:
  // notify_for_handshake(). closed, failed: it has left already, and whatever it sent deserves no
  // answer; failure() says why.
  net::IoStatus arrival();
  // The next step. ok: it is done. would_block: notify_for_handshake(), then again. closed, failed:
  // failure() says why.
  net::IoStatus handshake();
  void notify_for_handshake();  // raises net::Wakeup::kReadable
  // A step was computed, and the session with all it costs is there.
  bool begun() const { return session_ != nullptr; }
  observe::TlsFailure failure() const { return failure_; }
  std::string_view failure_text() const { return failure_text_; }

  // --- after the handshake ---
  observe::TlsVersion version() const;
  std::string_view version_name() const;  // "TLSv1.3"
  std::string_view cipher_name() const;
  std::string_view protocol() const;  // what ALPN agreed on: "h2", "http/1.1"; empty: nothing
  bool resumed() const;
  // What scripts see of it (tls/variables.h).
  std::string variables() const;

  net::IoResult read(std::span<char> into) override;
  net::IoResult write(std::span<const iovec> from, bool more) override;
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
  void forget();  // closed: gives back what the session has

  net::PlainStream socket_;
  net::Wakeup* wakeup_ = nullptr;
  std::shared_ptr<const Context> context_;  // until the handshake is over
  ReadGuard guard_;
  Handle<ssl_st> session_;

  bool open_ = false;             // the handshake is done
  bool through_ = false;          // the handshake failed: bytes pass as they are
  bool broken_ = false;           // no more records can be exchanged
  bool may_hold_bytes_ = false;   // the last read gave some, so there may be more inside
  bool read_needs_room_ = false;  // what was read last wants an answer sent (TLS 1.3's KeyUpdate)
  bool write_needs_bytes_ = false;
  bool said_goodbye_ = false;
  // Small pieces of which it was said that more follows: they share its record.
  std::string held_;
  // Of a record that is encrypted but not sent: the next one to be written must be as long.
  std::size_t pending_ = 0;
  base::MonotonicTime last_sent_{};

  observe::TlsFailure failure_ = observe::TlsFailure::kOther;
  std::string_view failure_text_;  // static texts
};

}  // namespace tusk::tls
