#include "observe/tracing/collector.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <memory>
#include <system_error>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/high_descriptor.h"
#include "base/unique_fd.h"

namespace tusk::observe::tracing {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kExportTimeout{10'000};  // for a whole export
constexpr milliseconds kSlice{200};             // how often `gives_up` is asked
constexpr std::size_t kMaxAnswerBytes = std::size_t{16} * 1024;

std::string words(int error) { return std::generic_category().message(error); }

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

// One export: waits no longer than kExportTimeout in all.
class Exchange {
 public:
  explicit Exchange(const std::function<bool()>& gives_up)
      : gives_up_(gives_up), until_(steady_clock::now() + kExportTimeout) {}

  // Empty: connected. Otherwise the reason.
  std::string connect(const addrinfo& addresses) {
    std::string reason = "no address";
    for (const addrinfo* address = &addresses; address != nullptr; address = address->ai_next) {
      socket_ = base::above_low_numbers(base::UniqueFd(
          ::socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
      if (!socket_) {
        reason = words(errno);
        continue;
      }
      if (::connect(socket_.get(), address->ai_addr, address->ai_addrlen) == 0) return {};
      if (errno != EINPROGRESS) {
        reason = words(errno);
        continue;
      }
      if (!wait(POLLOUT)) return "no connection within 10 s";
      int error = 0;
      socklen_t size = sizeof error;
      ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
      if (error == 0) return {};
      reason = words(error);
    }
    return reason;
  }

  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        text.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EAGAIN) {
        if (!wait(POLLOUT)) return false;
      } else if (errno != EINTR) {
        return false;
      }
    }
    return true;
  }

  // The beginning of the answer: all that comes, or as much as its status and a reason take.
  std::string receive() {
    std::string answer;
    std::array<char, 4096> buffer;
    while (answer.size() < kMaxAnswerBytes) {
      const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (got > 0) {
        answer.append(buffer.data(), static_cast<std::size_t>(got));
        // The body says nothing that matters, and the collector may keep the connection open.
        if (answer.find("\r\n\r\n") != std::string::npos) break;
      } else if (got < 0 && errno == EAGAIN) {
        if (!wait(POLLIN)) break;
      } else if (got == 0 || errno != EINTR) {
        break;
      }
    }
    return answer;
  }

 private:
  bool wait(short events) {
    while (!gives_up_() && steady_clock::now() < until_) {
      pollfd socket{.fd = socket_.get(), .events = events, .revents = 0};
      if (::poll(&socket, 1, static_cast<int>(kSlice.count())) > 0) return true;
    }
    return false;
  }

  const std::function<bool()>& gives_up_;
  const steady_clock::time_point until_;
  base::UniqueFd socket_;
};

// "HTTP/1.1 200 OK". 0: it is something else.
int status_of(std::string_view answer) {
  if (!answer.starts_with("HTTP/1.") || answer.size() < 12 || answer[8] != ' ') return 0;
  int status = 0;
  const auto [end, error] = std::from_chars(answer.data() + 9, answer.data() + 12, status);
  return error == std::errc() && end == answer.data() + 12 ? status : 0;
}

bool may_pass(int status) {  // as OTLP/HTTP has it
  return status == 429 || status == 502 || status == 503 || status == 504;
}

}  // namespace

Collector::Answer Collector::post(std::string_view json) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(url_.host.c_str(), url_.port.c_str(), &hints, &found);
  if (error != 0) return {Outcome::kUnavailable, ::gai_strerror(error)};
  const Addresses addresses(found, &::freeaddrinfo);

  Exchange exchange(gives_up_);
  if (std::string reason = exchange.connect(*addresses); !reason.empty()) {
    return {Outcome::kUnavailable, std::move(reason)};
  }
  std::string request = "POST " + url_.path + " HTTP/1.1\r\nHost: " + url_.authority +
                        "\r\nUser-Agent: tusk/" TUSK_VERSION
                        "\r\nContent-Type: application/json\r\nConnection: close\r\n"
                        "Content-Length: " +
                        std::to_string(json.size()) + "\r\n\r\n";
  request.append(json);
  if (!exchange.send(request)) return {Outcome::kUnavailable, "the connection broke off"};
  const int status = status_of(exchange.receive());
  if (status >= 200 && status < 300) return {Outcome::kAccepted, {}};
  if (status == 0) return {Outcome::kUnavailable, "no answer in HTTP"};
  return {may_pass(status) ? Outcome::kUnavailable : Outcome::kRefused,
          "status " + std::to_string(status)};
}

}  // namespace tusk::observe::tracing
