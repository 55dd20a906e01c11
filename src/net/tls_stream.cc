#include "net/tls_stream.h"

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

#include "net/tls_handshake_failure.h"
#include "net/tls_variables.h"

namespace tusk::net {

namespace {

constexpr std::size_t kRecordBytes = SSL3_RT_MAX_PLAIN_LENGTH;
// What a file is read in: one read for four records.
constexpr std::size_t kScratchBytes = 4 * kRecordBytes;
// A head that waits for its body.
constexpr std::size_t kHeldBytes = 4096;

// A client can use a record only when it has all of it. After a pause the congestion window is ten
// segments, so of a response that does not fit in them the first record is a small one: what the
// client needs first does not wait for a round trip.
constexpr std::size_t kFirstWindowBytes = 10 * 1400;
constexpr std::size_t kFirstRecordBytes = 3 * 1400;
constexpr base::Duration kPause = std::chrono::seconds(1);

// Records are put together here. One for each loop's thread: nothing stays in it between calls.
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

TlsStream::TlsStream(boost::asio::io_context& io, base::UniqueFd socket,
                     std::shared_ptr<const TlsContext> context)
    : socket_(io, std::move(socket)), context_(std::move(context)) {}

void TlsStream::bind(Wakeup& wakeup) {
  wakeup_ = &wakeup;
  socket_.bind(wakeup);
}

// --- handshake ---

IoStatus TlsStream::arrival() {
  pollfd look{.fd = socket_.descriptor(), .events = POLLIN | POLLRDHUP, .revents = 0};
  if (::poll(&look, 1, 0) == 0) return IoStatus::would_block;
  if ((look.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) == 0) return IoStatus::ok;
  // Who says no more cannot end a handshake, but can be told that this is not HTTP.
  char first = 0;
  const ssize_t got = ::recv(look.fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got > 0 && first != SSL3_RT_HANDSHAKE && (look.revents & POLLHUP) == 0) return IoStatus::ok;
  failure_ = got > 0 ? observe::TlsFailure::kAbandoned : observe::TlsFailure::kClosed;
  failure_text_ = got > 0 ? "left before it was answered" : "closed before its first byte";
  through_ = true;
  return IoStatus::closed;
}

IoStatus TlsStream::handshake() {
  if (!session_) {
    const IoStatus first = arrival();
    if (first != IoStatus::ok) return first;
    session_ = context_->make_session();
    if (!session_ || ::SSL_set_fd(session_.get(), socket_.descriptor()) != 1) {
      ::ERR_clear_error();
      failure_text_ = "out of memory";
      through_ = true;
      return IoStatus::failed;
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
    return IoStatus::ok;
  }
  const int error = ::SSL_get_error(session_.get(), result);
  read_needs_room_ = error == SSL_ERROR_WANT_WRITE;
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return IoStatus::would_block;
  const HandshakeFailure why = handshake_failure(session_.get(), error);
  failure_ = why.kind;
  failure_text_ = why.text;
  through_ = true;
  session_.reset();
  context_.reset();
  return failure_ == observe::TlsFailure::kClosed ? IoStatus::closed : IoStatus::failed;
}

void TlsStream::notify_for_handshake() {
  if (read_needs_room_) {
    socket_.raise_when_writable(Wakeup::kReadable);
  } else {
    socket_.notify_when_readable();
  }
}

// --- facts ---

observe::TlsVersion TlsStream::version() const {
  return ::SSL_version(session_.get()) == TLS1_2_VERSION ? observe::TlsVersion::k12
                                                         : observe::TlsVersion::k13;
}

std::string_view TlsStream::version_name() const { return ::SSL_get_version(session_.get()); }

std::string_view TlsStream::cipher_name() const {
  return ::SSL_CIPHER_get_name(::SSL_get_current_cipher(session_.get()));
}

std::string_view TlsStream::protocol() const {
  const unsigned char* text = nullptr;
  unsigned int length = 0;
  ::SSL_get0_alpn_selected(session_.get(), &text, &length);
  return {reinterpret_cast<const char*>(text), length};
}

bool TlsStream::resumed() const { return ::SSL_session_reused(session_.get()) == 1; }

std::string TlsStream::variables() const { return tls_variables(session_.get()); }

// --- reading ---

// Of a read or a write that gave nothing.
IoStatus TlsStream::status_of(int error) {
  switch (error) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return IoStatus::would_block;
    case SSL_ERROR_ZERO_RETURN:
      return IoStatus::closed;
    default:
      break;
  }
  broken_ = true;
  const int reason = ERR_GET_REASON(::ERR_peek_error());
  // The end of the stream without TLS's word for it. HTTP says by itself where a message ends, so a
  // request that is cut is found out, and many clients leave like this.
  const bool cut = error == SSL_ERROR_SSL && reason == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  const bool gone = error == SSL_ERROR_SYSCALL && (errno == EPIPE || errno == ECONNRESET);
  ::ERR_clear_error();
  return cut || gone ? IoStatus::closed : IoStatus::failed;
}

IoStatus TlsStream::status_of_read(int result) {
  may_hold_bytes_ = result == 1;
  read_needs_room_ = false;
  if (guard_.exceeded()) {
    broken_ = true;
    ::ERR_clear_error();
    return IoStatus::failed;
  }
  if (result == 1) {
    guard_.data_came();
    return IoStatus::ok;
  }
  const int error = ::SSL_get_error(session_.get(), result);
  read_needs_room_ = error == SSL_ERROR_WANT_WRITE;
  return status_of(error);
}

IoResult TlsStream::read(std::span<char> into) {
  if (through_) return socket_.read(into);
  if (broken_ || !open_) return {IoStatus::failed};
  std::size_t count = 0;
  guard_.begin();
  ::ERR_clear_error();
  const int result = ::SSL_read_ex(session_.get(), into.data(), into.size(), &count);
  return {status_of_read(result), count};
}

IoStatus TlsStream::peek() {
  if (through_ || !session_) return socket_.peek();
  if (broken_ || !open_) return IoStatus::failed;
  char byte = 0;
  std::size_t count = 0;
  guard_.begin();
  ::ERR_clear_error();
  const int result = ::SSL_peek_ex(session_.get(), &byte, 1, &count);
  return status_of_read(result);
}

void TlsStream::notify_when_readable() {
  // Bytes that were read along with others are no news from the socket. Others have their turn
  // first: a client that sends fast always has some.
  if (open_ && may_hold_bytes_ && ::SSL_has_pending(session_.get()) == 1) {
    socket_.raise_soon(Wakeup::kReadable);
  } else if (read_needs_room_) {
    socket_.raise_when_writable(Wakeup::kReadable);
  } else {
    socket_.notify_when_readable();
  }
}

// --- writing ---

std::size_t TlsStream::record_limit(std::size_t total) {
  const base::MonotonicTime now = base::now();
  const bool fresh = now - last_sent_ >= kPause;
  last_sent_ = now;
  return fresh && total > kFirstWindowBytes ? kFirstRecordBytes : kRecordBytes;
}

// Encrypts and sends one record. ok: all of it, and `bytes` is how much of it was not held.
IoResult TlsStream::seal(const char* data, std::size_t size) {
  std::size_t written = 0;
  ::ERR_clear_error();
  const int result = ::SSL_write_ex(session_.get(), data, size, &written);
  write_needs_bytes_ = false;
  if (result == 1) {
    pending_ = 0;
    const std::size_t held = held_.size();
    held_.clear();
    return {IoStatus::ok, written - held};
  }
  const int error = ::SSL_get_error(session_.get(), result);
  write_needs_bytes_ = error == SSL_ERROR_WANT_READ;
  const IoStatus status = status_of(error);
  if (status == IoStatus::would_block) pending_ = size;
  return {status};
}

// What is held and the beginning of the pieces, in scratch(). Returns how much that is.
std::size_t TlsStream::compose(std::span<const iovec> from, std::size_t skip, std::size_t most) {
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

IoResult TlsStream::write(std::span<const iovec> from, bool more) {
  if (through_) return socket_.write(from, more);
  if (broken_ || !open_) return {IoStatus::failed};
  const std::size_t total = total_of(from);
  if (more && pending_ == 0 && held_.size() + total <= kHeldBytes) {
    for (const iovec& piece : from)
      held_.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    return {IoStatus::ok, total};
  }
  std::size_t done = 0;
  while (done < total || pending_ > 0 || !held_.empty()) {
    // A record that waits is encrypted already: only its length is looked at.
    std::size_t size = pending_;
    if (size == 0) size = compose(from, done, record_limit(held_.size() + total - done));
    const IoResult sealed = seal(scratch(), size);
    if (sealed.status == IoStatus::would_block && done > 0) break;
    if (sealed.status != IoStatus::ok) return sealed;
    done += sealed.bytes;
  }
  if (done > total) return {IoStatus::failed};  // not what the record that waited was made of
  return {IoStatus::ok, done};
}

IoResult TlsStream::send_file(int fd, std::uint64_t offset, std::size_t count) {
  if (through_) return socket_.send_file(fd, offset, count);
  if (broken_ || !open_) return {IoStatus::failed};
  if (pending_ == 0 && held_.empty() && BIO_get_ktls_send(::SSL_get_wbio(session_.get())) != 0) {
    ::ERR_clear_error();
    const ossl_ssize_t sent =
        ::SSL_sendfile(session_.get(), fd, static_cast<off_t>(offset), count, 0);
    if (sent > 0) return {IoStatus::ok, static_cast<std::size_t>(sent)};
    if (sent == 0) return {IoStatus::failed};  // the file became shorter
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
  if (got <= 0) return {IoStatus::failed};
  std::size_t done = 0;
  const std::size_t total = held + static_cast<std::size_t>(got);
  for (std::size_t at = 0; at < total;) {
    const std::size_t size = std::min(total - at, record_limit(held_.size() + count - done));
    const IoResult sealed = seal(scratch() + at, size);
    if (sealed.status == IoStatus::would_block && done > 0) break;
    if (sealed.status != IoStatus::ok) return sealed;
    at += size;
    done += sealed.bytes;
  }
  return {IoStatus::ok, done};
}

void TlsStream::notify_when_writable() {
  if (write_needs_bytes_) {
    socket_.raise_when_readable(Wakeup::kWritable);
  } else {
    socket_.notify_when_writable();
  }
}

// --- the end ---

// RFC 8446 §6.1: whoever sends nothing more says so, or the peer cannot tell an end from a cut.
void TlsStream::say_goodbye() {
  if (!open_ || broken_ || said_goodbye_ || pending_ > 0) return;
  said_goodbye_ = true;
  ::ERR_clear_error();
  ::SSL_shutdown(session_.get());
  ::ERR_clear_error();
}

void TlsStream::shutdown_write() {
  say_goodbye();
  socket_.shutdown_write();
}

void TlsStream::close() {
  say_goodbye();
  socket_.close();
  forget();
}

void TlsStream::abort() {
  socket_.abort();
  forget();
}

void TlsStream::forget() {
  open_ = false;
  session_.reset();
  context_.reset();
}

}  // namespace tusk::net
