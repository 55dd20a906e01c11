#include "tls/stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tls/handshake_failure.h"
#include "tls/variables.h"

namespace tusk::tls {

namespace {

constexpr std::size_t kRecordBytes = SSL3_RT_MAX_PLAIN_LENGTH;
// A file is read in pieces of this size: one read for four records.
constexpr std::size_t kScratchBytes = 4 * kRecordBytes;
// Most bytes that are held back, such as a head that waits for its body.
constexpr std::size_t kHeldBytes = 4096;

// A client can use a record only when it is complete. After a pause the congestion window is ten
// segments. So the first record of a longer response is small, and the client need not wait a round
// trip for the bytes that it needs first.
constexpr std::size_t kFirstWindowBytes = 10 * 1400;
constexpr std::size_t kFirstRecordBytes = 3 * 1400;
constexpr base::Duration kPause = std::chrono::seconds(1);

// The buffer in which records are composed. One for each thread; it is empty between calls.
char* scratch() {
  thread_local const auto buffer = std::make_unique_for_overwrite<char[]>(kScratchBytes);
  return buffer.get();
}

std::size_t total_of(std::span<const iovec> pieces) {
  std::size_t total = 0;
  for (const iovec& piece : pieces) total += piece.iov_len;
  return total;
}

}  // namespace

Stream::Stream(boost::asio::io_context& io, base::UniqueFd socket,
               std::shared_ptr<const Context> context)
    : socket_(io, std::move(socket)), context_(std::move(context)) {}

void Stream::bind(net::Wakeup& wakeup) {
  wakeup_ = &wakeup;
  socket_.bind(wakeup);
}

// --- handshake ---

net::IoStatus Stream::arrival() {
  pollfd look{.fd = socket_.descriptor(), .events = POLLIN | POLLRDHUP, .revents = 0};
  if (::poll(&look, 1, 0) == 0) return net::IoStatus::kWouldBlock;
  if ((look.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) == 0) return net::IoStatus::kOk;
  // A client that has shut down its sending side cannot finish a handshake, but it can read that
  // this port uses TLS.
  char first = 0;
  const ssize_t got = ::recv(look.fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got > 0 && first != SSL3_RT_HANDSHAKE && (look.revents & POLLHUP) == 0)
    return net::IoStatus::kOk;
  failure_ = got > 0 ? observe::TlsFailure::kAbandoned : observe::TlsFailure::kClosed;
  failure_text_ = got > 0 ? "left before the response" : "closed before the first byte";
  unencrypted_ = true;
  return net::IoStatus::kClosed;
}

net::IoStatus Stream::handshake() {
  if (!session_) {
    const net::IoStatus first = arrival();
    if (first != net::IoStatus::kOk) return first;
    session_ = context_->make_session();
    if (!session_ || ::SSL_set_fd(session_.get(), socket_.descriptor()) != 1) {
      ::ERR_clear_error();
      failure_text_ = "out of memory";
      unencrypted_ = true;
      return net::IoStatus::kFailed;
    }
  }
  ::ERR_clear_error();
  const int result = ::SSL_accept(session_.get());
  if (result == 1) {
    open_ = true;
    may_hold_bytes_ = true;
    read_needs_room_ = false;
    context_.reset();
    guard_.watch(session_.get());
    return net::IoStatus::kOk;
  }
  const int error = ::SSL_get_error(session_.get(), result);
  read_needs_room_ = error == SSL_ERROR_WANT_WRITE;
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
    return net::IoStatus::kWouldBlock;
  const HandshakeFailure why = handshake_failure(session_.get(), error);
  failure_ = why.kind;
  failure_text_ = why.text;
  unencrypted_ = true;
  session_.reset();
  context_.reset();
  return failure_ == observe::TlsFailure::kClosed ? net::IoStatus::kClosed : net::IoStatus::kFailed;
}

void Stream::notify_for_handshake() {
  if (read_needs_room_) {
    socket_.raise_when_writable(net::Wakeup::kReadable);
  } else {
    socket_.notify_when_readable();
  }
}

// --- after the handshake ---

observe::TlsVersion Stream::version() const {
  return ::SSL_version(session_.get()) == TLS1_2_VERSION ? observe::TlsVersion::k12
                                                         : observe::TlsVersion::k13;
}

std::string_view Stream::version_name() const { return ::SSL_get_version(session_.get()); }

std::string_view Stream::cipher_name() const {
  return ::SSL_CIPHER_get_name(::SSL_get_current_cipher(session_.get()));
}

std::string_view Stream::protocol() const {
  const unsigned char* text = nullptr;
  unsigned int length = 0;
  ::SSL_get0_alpn_selected(session_.get(), &text, &length);
  return {reinterpret_cast<const char*>(text), length};
}

bool Stream::resumed() const { return ::SSL_session_reused(session_.get()) == 1; }

std::string Stream::variables() const { return connection_variables(session_.get()); }

// --- reading ---

// Returns the status of a read or a write that transferred nothing.
net::IoStatus Stream::status_of(int error) {
  switch (error) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return net::IoStatus::kWouldBlock;
    case SSL_ERROR_ZERO_RETURN:
      return net::IoStatus::kClosed;
    default:
      break;
  }
  broken_ = true;
  const int reason = ERR_GET_REASON(::ERR_peek_error());
  // The stream ended without a close_notify alert. HTTP has its own end of message, so a truncated
  // request is noticed, and many clients close like this.
  const bool truncated = error == SSL_ERROR_SSL && reason == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  const bool reset = error == SSL_ERROR_SYSCALL && (errno == EPIPE || errno == ECONNRESET);
  ::ERR_clear_error();
  return truncated || reset ? net::IoStatus::kClosed : net::IoStatus::kFailed;
}

net::IoStatus Stream::status_of_read(int result) {
  may_hold_bytes_ = result == 1;
  read_needs_room_ = false;
  if (guard_.exceeded()) {
    broken_ = true;
    ::ERR_clear_error();
    return net::IoStatus::kFailed;
  }
  if (result == 1) {
    guard_.data_came();
    return net::IoStatus::kOk;
  }
  const int error = ::SSL_get_error(session_.get(), result);
  read_needs_room_ = error == SSL_ERROR_WANT_WRITE;
  return status_of(error);
}

net::IoResult Stream::read(std::span<char> into) {
  if (unencrypted_) return socket_.read(into);
  if (broken_ || !open_) return {net::IoStatus::kFailed};
  std::size_t count = 0;
  guard_.begin();
  ::ERR_clear_error();
  const int result = ::SSL_read_ex(session_.get(), into.data(), into.size(), &count);
  return {status_of_read(result), count};
}

net::IoStatus Stream::peek() {
  if (unencrypted_ || !session_) return socket_.peek();
  if (broken_ || !open_) return net::IoStatus::kFailed;
  char byte = 0;
  std::size_t count = 0;
  guard_.begin();
  ::ERR_clear_error();
  const int result = ::SSL_peek_ex(session_.get(), &byte, 1, &count);
  return status_of_read(result);
}

void Stream::notify_when_readable() {
  // OpenSSL holds bytes, for which the socket does not become readable. Raise the flag later, so
  // that a client that sends fast does not delay others.
  if (open_ && may_hold_bytes_ && ::SSL_has_pending(session_.get()) == 1) {
    socket_.raise_soon(net::Wakeup::kReadable);
  } else if (read_needs_room_) {
    socket_.raise_when_writable(net::Wakeup::kReadable);
  } else {
    socket_.notify_when_readable();
  }
}

// --- writing ---

std::size_t Stream::record_limit(std::size_t total) {
  const base::MonotonicTime now = base::now();
  const bool fresh = now - last_sent_ >= kPause;
  last_sent_ = now;
  return fresh && total > kFirstWindowBytes ? kFirstRecordBytes : kRecordBytes;
}

// Encrypts and sends one record. kOk: the whole record; `bytes` are those that were not in held_.
net::IoResult Stream::seal(const char* data, std::size_t size) {
  std::size_t written = 0;
  ::ERR_clear_error();
  const int result = ::SSL_write_ex(session_.get(), data, size, &written);
  write_needs_bytes_ = false;
  if (result == 1) {
    pending_ = 0;
    const std::size_t held = held_.size();
    held_.clear();
    return {net::IoStatus::kOk, written - held};
  }
  const int error = ::SSL_get_error(session_.get(), result);
  write_needs_bytes_ = error == SSL_ERROR_WANT_READ;
  const net::IoStatus status = status_of(error);
  if (status == net::IoStatus::kWouldBlock) pending_ = size;
  return {status};
}

// Copies held_ and the beginning of the pieces to scratch(). Returns the number of bytes.
std::size_t Stream::compose(std::span<const iovec> from, std::size_t skip, std::size_t most) {
  char* const out = scratch();
  std::memcpy(out, held_.data(), held_.size());
  std::size_t size = held_.size();
  for (const iovec& piece : from) {
    if (skip >= piece.iov_len) {
      skip -= piece.iov_len;
      continue;
    }
    const std::size_t part = std::min(piece.iov_len - skip, most - size);
    std::memcpy(out + size, static_cast<const char*>(piece.iov_base) + skip, part);
    size += part;
    skip = 0;
    if (size == most) break;
  }
  return size;
}

net::IoResult Stream::write(std::span<const iovec> from, net::More more) {
  if (unencrypted_) return socket_.write(from, more);
  if (broken_ || !open_) return {net::IoStatus::kFailed};
  const std::size_t total = total_of(from);
  if (more == net::More::kFollows && pending_ == 0 && held_.size() + total <= kHeldBytes) {
    for (const iovec& piece : from)
      held_.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    return {net::IoStatus::kOk, total};
  }
  std::size_t done = 0;
  while (done < total || pending_ > 0 || !held_.empty()) {
    // A pending record is already encrypted: OpenSSL checks only its length.
    std::size_t size = pending_;
    if (size == 0) size = compose(from, done, record_limit(held_.size() + total - done));
    const net::IoResult sealed = seal(scratch(), size);
    if (sealed.status == net::IoStatus::kWouldBlock && done > 0) break;
    if (sealed.status != net::IoStatus::kOk) return sealed;
    done += sealed.bytes;
  }
  if (done > total) return {net::IoStatus::kFailed};  // other bytes than in the pending record
  return {net::IoStatus::kOk, done};
}

net::IoResult Stream::send_file(int fd, std::uint64_t offset, std::size_t count) {
  if (unencrypted_) return socket_.send_file(fd, offset, count);
  if (broken_ || !open_) return {net::IoStatus::kFailed};
  if (pending_ == 0 && held_.empty() && BIO_get_ktls_send(::SSL_get_wbio(session_.get())) != 0) {
    ::ERR_clear_error();
    const ossl_ssize_t sent =
        ::SSL_sendfile(session_.get(), fd, static_cast<off_t>(offset), count, 0);
    if (sent > 0) return {net::IoStatus::kOk, static_cast<std::size_t>(sent)};
    if (sent == 0) return {net::IoStatus::kFailed};  // the file became shorter
    return {status_of(::SSL_get_error(session_.get(), static_cast<int>(sent)))};
  }
  if (pending_ > 0) return seal(scratch(), pending_);

  const std::size_t held = held_.size();
  std::memcpy(scratch(), held_.data(), held);
  ssize_t got = 0;
  do {
    got = ::pread(fd, scratch() + held, std::min(count, kScratchBytes - held),
                  static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return {net::IoStatus::kFailed};
  std::size_t done = 0;
  const std::size_t total = held + static_cast<std::size_t>(got);
  for (std::size_t at = 0; at < total;) {
    const std::size_t size = std::min(total - at, record_limit(held_.size() + count - done));
    const net::IoResult sealed = seal(scratch() + at, size);
    if (sealed.status == net::IoStatus::kWouldBlock && done > 0) break;
    if (sealed.status != net::IoStatus::kOk) return sealed;
    at += size;
    done += sealed.bytes;
  }
  return {net::IoStatus::kOk, done};
}

void Stream::notify_when_writable() {
  if (write_needs_bytes_) {
    socket_.raise_when_readable(net::Wakeup::kWritable);
  } else {
    socket_.notify_when_writable();
  }
}

// --- the end ---

// Sends close_notify, so that the peer can tell the end from a truncation (RFC 8446 §6.1).
void Stream::say_goodbye() {
  if (!open_ || broken_ || said_goodbye_ || pending_ > 0) return;
  said_goodbye_ = true;
  ::ERR_clear_error();
  ::SSL_shutdown(session_.get());
  ::ERR_clear_error();
}

void Stream::shutdown_write() {
  say_goodbye();
  socket_.shutdown_write();
}

void Stream::close() {
  say_goodbye();
  socket_.close();
  forget();
}

void Stream::abort() {
  socket_.abort();
  forget();
}

void Stream::forget() {
  open_ = false;
  session_.reset();
  context_.reset();
}

}  // namespace tusk::tls
