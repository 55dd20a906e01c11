#include "console/doctor/request_sender.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace tusk::console::doctor {

namespace {

using Wake = ExaminedServer::Wake;

constexpr std::chrono::seconds kTimeForAnswer{60};
// A server process that takes no connection has closed its sockets because it ends.
constexpr std::chrono::seconds kTimeToBeGone{5};

}  // namespace

RequestSender::Answer RequestSender::send(const std::string& text, const std::string& method) {
  const base::MonotonicTime until = base::now() + kTimeForAnswer;
  wake_ = Wake::kReady;
  if (!connection_ && !connect()) return without_answer();
  if (!write(text, until)) return without_answer();
  return read(method, until);
}

bool RequestSender::connect() {
  connection_ = base::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server_.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (!connection_ || ::connect(connection_.get(), reinterpret_cast<const sockaddr*>(&address),
                                sizeof address) != 0) {
    wake_ = server_.wait(-1, 0, base::now() + kTimeToBeGone);
    return false;
  }
  (void)::fcntl(connection_.get(), F_SETFL, O_NONBLOCK);
  const int on = 1;
  (void)::setsockopt(connection_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return true;
}

bool RequestSender::wait(short events, base::MonotonicTime until) {
  wake_ = server_.wait(connection_.get(), events, until);
  return wake_ == Wake::kReady;
}

bool RequestSender::write(const std::string& text, base::MonotonicTime until) {
  std::string_view left = text;
  while (!left.empty()) {
    const ssize_t count = ::send(connection_.get(), left.data(), left.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      left.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      if (!wait(POLLOUT, until)) return false;
    } else if (errno != EINTR) {
      // It may have answered before it has read everything.
      return true;
    }
  }
  return true;
}

RequestSender::Answer RequestSender::read(const std::string& method, base::MonotonicTime until) {
  HttpAnswer answer(method == "HEAD" ? HttpAnswer::To::kHead : HttpAnswer::To::kOther);
  HttpAnswer::Progress progress = HttpAnswer::Progress::kMore;
  std::array<char, 65536> bytes;
  while (progress == HttpAnswer::Progress::kMore) {
    if (!wait(POLLIN, until)) return without_answer();
    const ssize_t count = ::recv(connection_.get(), bytes.data(), bytes.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    progress =
        count <= 0 ? answer.end() : answer.take({bytes.data(), static_cast<std::size_t>(count)});
    if (count <= 0) connection_.reset();
  }
  if (progress == HttpAnswer::Progress::kWrong) return without_answer();
  if (answer.closes()) connection_.reset();
  return {Outcome::kAnswered, std::move(answer)};
}

RequestSender::Answer RequestSender::without_answer() {
  connection_.reset();
  const bool goes_on = wake_ == Wake::kReady || wake_ == Wake::kTimeout;
  return {goes_on ? Outcome::kNoAnswer : Outcome::kEnded};
}

}  // namespace tusk::console::doctor
