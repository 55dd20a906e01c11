#include "app/warm_up/warm_up.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

#include "config/trusted_proxy.h"
#include "net/listener.h"
#include "observe/log.h"

namespace tusk::app::warm_up {

namespace {

using std::chrono::milliseconds;

// The value of $_SERVER['REMOTE_ADDR'].
constexpr const char* kOwnAddress = "127.0.0.1";

int milliseconds_until(base::MonotonicTime deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - base::now());
  return static_cast<int>(std::max(left, milliseconds(0)).count());
}

// Reads until the other end closes. False: the time is over, or the connection broke.
bool read_response(int socket, base::MonotonicTime deadline, std::string& beginning) {
  std::array<char, 16384> bytes;
  for (;;) {
    pollfd readable{.fd = socket, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&readable, 1, milliseconds_until(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ssize_t count = ::recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count == 0) return true;
    if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (count > 0 && beginning.size() < 16) {
      beginning.append(bytes.data(), static_cast<std::size_t>(count));
      beginning.resize(std::min<std::size_t>(beginning.size(), 16));
    }
  }
}

}  // namespace

WarmUp::WarmUp(net::Loop& loop, server::Server& server, server::ListenerServices services,
               std::vector<WarmUpPage> pages, base::Duration timeout)
    : loop_(loop),
      server_(server),
      pages_(std::move(pages)),
      timeout_(timeout),
      self_(std::vector<config::TrustedProxy>{
          {.kind = config::TrustedProxy::Kind::kPrivate, .network = {}}}),
      services_(std::move(services)) {
  services_.proxies = &self_;
  services_.counted = false;
}

void WarmUp::start(std::move_only_function<void()> done) {
  // Shared, because submit() destroys a job that it does not take.
  const auto shared = std::make_shared<std::move_only_function<void()>>(std::move(done));
  const bool taken = thread_.submit([this, shared] {
    request_all();
    loop_.post(std::move(*shared));
  });
  if (taken) return;
  observe::warn("warm-up: no page is requested, because no thread can be started");
  loop_.post(std::move(*shared));
}

void WarmUp::request_all() {
  const base::MonotonicTime deadline = base::now() + timeout_;
  for (const WarmUpPage& page : pages_) {
    if (base::now() >= deadline) {
      observe::warn(
          "warm-up: warm_up_timeout has passed: this page and those after it are not requested, "
          "and "
          "tusk accepts connections",
          {{"path", page.path()}});
      return;
    }
    request(page, deadline);
  }
}

void WarmUp::request(const WarmUpPage& page, base::MonotonicTime deadline) {
  std::array<int, 2> pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data()) != 0) {
    observe::warn("warm-up: no socket for the request", {{"path", page.path()}});
    return;
  }
  const base::UniqueFd client(pair[0]);
  base::UniqueFd server(pair[1]);
  const std::uint16_t port = page.https ? 443 : 80;
  loop_.post(
      [this, port, server = std::move(server)]() mutable { serve(std::move(server), port); });
  const base::MonotonicTime began = base::now();
  const std::string text = request_text(page);
  std::string beginning;
  // A request is shorter than any socket's buffer.
  const bool whole = ::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
                         static_cast<ssize_t>(text.size()) &&
                     read_response(client.get(), deadline, beginning);
  const int status = status_of(beginning);
  const auto took = std::chrono::duration_cast<milliseconds>(base::now() - began).count();
  const bool good = whole && status >= 200 && status < 400;
  observe::log(good ? observe::Level::kInfo : observe::Level::kWarn,
               good    ? "warm-up: a page was requested"
               : whole ? "warm-up: a page has failed"
                       : "warm-up: a page was not answered in time",
               {{"path", page.path()}, {"host", page.host}, {"status", status}, {"ms", took}});
}

// On the loop.
void WarmUp::serve(base::UniqueFd socket, std::uint16_t port) {
  net::Accepted accepted{.status = net::AcceptStatus::kAccepted,
                         .socket = std::move(socket),
                         .peer = {.address = kOwnAddress, .port = 0},
                         .local = {.address = kOwnAddress, .port = port}};
  server_.serve_internally(std::move(accepted), services_);
}

}  // namespace tusk::app::warm_up
