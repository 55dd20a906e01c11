#include "net/plain_stream.h"

#include <cerrno>
#include <utility>

#include <boost/asio/post.hpp>
#include <sys/sendfile.h>
#include <sys/socket.h>

namespace tusk::net {

namespace {

IoResult result_of(ssize_t count) {
  if (count >= 0) return {IoStatus::kOk, static_cast<std::size_t>(count)};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoStatus::kWouldBlock};
  if (errno == EPIPE || errno == ECONNRESET) return {IoStatus::kClosed};
  return {IoStatus::kFailed};
}

}  // namespace

PlainStream::PlainStream(boost::asio::io_context& io, base::UniqueFd socket) : socket_(io) {
  boost::system::error_code error;
  socket_.assign(socket.get(), error);
  if (!error) (void)socket.release();
}

IoResult PlainStream::read(std::span<char> into) {
  ssize_t count = 0;
  do {
    count = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
  } while (count < 0 && errno == EINTR);
  if (count == 0) return {IoStatus::kClosed};
  return result_of(count);
}

IoStatus PlainStream::peek() {
  char byte = 0;
  const ssize_t count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (count > 0) return IoStatus::kOk;
  if (count == 0) return IoStatus::kClosed;
  return errno == EAGAIN || errno == EWOULDBLOCK ? IoStatus::kWouldBlock : IoStatus::kFailed;
}

IoResult PlainStream::write(std::span<const iovec> from, More more) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(from.data());
  message.msg_iovlen = from.size();
  const int flags = MSG_NOSIGNAL | (more == More::kFollows ? MSG_MORE : 0);
  ssize_t count = 0;
  do {
    count = ::sendmsg(socket_.native_handle(), &message, flags);
  } while (count < 0 && errno == EINTR);
  return result_of(count);
}

IoResult PlainStream::send_file(int fd, std::uint64_t offset, std::size_t count) {
  auto position = static_cast<off_t>(offset);
  ssize_t sent = 0;
  do {
    sent = ::sendfile(socket_.native_handle(), fd, &position, count);
  } while (sent < 0 && errno == EINTR);
  if (sent == 0) return {IoStatus::kFailed};  // the file was shortened
  return result_of(sent);
}

void PlainStream::notify_when_readable() { raise_when_readable(Wakeup::kReadable); }

void PlainStream::notify_when_writable() { raise_when_writable(Wakeup::kWritable); }

void PlainStream::raise_when_readable(std::uint32_t flags) {
  wait(boost::asio::posix::descriptor_base::wait_read, read_armed_, flags);
}

void PlainStream::raise_when_writable(std::uint32_t flags) {
  wait(boost::asio::posix::descriptor_base::wait_write, write_armed_, flags);
}

// Uses async_wait() because async_read_some() first tries to read: on a keep-alive connection that
// is a failing system call per request, and it needs a buffer while the peer is idle.
void PlainStream::wait(boost::asio::posix::descriptor_base::wait_type what, std::uint32_t& armed,
                       std::uint32_t flags) {
  const bool waits = armed != 0;
  armed |= flags;
  if (waits) return;
  ++waits_;
  socket_.async_wait(what, [this, &armed](const boost::system::error_code& error) {
    const std::uint32_t raised = std::exchange(armed, 0);
    --waits_;
    if (error != boost::asio::error::operation_aborted) wakeup_->raise(raised);
  });
}

void PlainStream::raise_soon(std::uint32_t flags) {
  const bool posted = soon_ != 0;
  soon_ |= flags;
  if (posted) return;
  ++waits_;
  boost::asio::post(socket_.get_executor(), [this] {
    const std::uint32_t raised = std::exchange(soon_, 0);
    --waits_;
    wakeup_->raise(raised);
  });
}

void PlainStream::shutdown_write() { ::shutdown(socket_.native_handle(), SHUT_WR); }

void PlainStream::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void PlainStream::abort() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

}  // namespace tusk::net
