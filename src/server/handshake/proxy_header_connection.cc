#include "server/handshake/proxy_header_connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include "net/loop.h"
#include "observe/metrics.h"

namespace tusk::server::handshake {

namespace {

net::Endpoint endpoint_of(const http::ProxyEndpoint& end) {
  return {base::to_string(end.address), end.port};
}

}  // namespace

ProxyHeaderConnection::ProxyHeaderConnection(LoopServices& loop, const ListenerServices& listener,
                                             net::Accepted accepted, OnHeader on_header)
    : loop_(loop),
      listener_(listener),
      peer_(std::move(accepted.peer)),
      on_header_(std::move(on_header)),
      socket_(loop.loop, std::move(accepted.socket)) {}

void ProxyHeaderConnection::start() {
  if (!socket_.open()) return end();
  deadline_ = loop_.loop.now() + listener_.limits.header_timeout;
  wait();
}

void ProxyHeaderConnection::wait() {
  socket_.wait([this] {
    if (!ended_ && !read()) wait();
  });
}

// Peeks, then consumes only the header's bytes: bytes left behind would not wake us again, since
// readiness is edge-triggered.
bool ProxyHeaderConnection::read() {
  std::array<char, 1024> buffer;
  for (;;) {
    const ssize_t seen =
        ::recv(socket_.fd(), buffer.data(), buffer.size(), MSG_PEEK | MSG_DONTWAIT);
    if (seen < 0 && errno == EINTR) continue;
    if (seen < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
    if (seen <= 0) {
      // A health check that only connects closes without a byte, and is no error.
      if (!bytes_.empty()) refuse("the connection ended in the header");
      end();
      return true;
    }
    const std::size_t before = bytes_.size();
    bytes_.append(buffer.data(), static_cast<std::size_t>(seen));
    const http::ProxyHeader header = http::parse_proxy_header(bytes_);
    if (header.status == http::ProxyHeader::Status::kInvalid) {
      refuse(header.reason);
      end();
      return true;
    }
    const bool complete = header.status == http::ProxyHeader::Status::kComplete;
    const std::size_t taken = (complete ? header.length : bytes_.size()) - before;
    ::recv(socket_.fd(), buffer.data(), taken, MSG_DONTWAIT);
    if (!complete) continue;
    net::Accepted accepted{.status = net::AcceptStatus::kAccepted,
                           .socket = socket_.release(),
                           .peer = std::move(peer_)};
    if (header.addresses) {
      accepted.peer = endpoint_of(header.addresses->source);
      accepted.local = endpoint_of(header.addresses->destination);
    }
    on_header_(*this, std::move(accepted));
    end();
    return true;
  }
}

// The balancer sends the header at once, and a request behind it, so a drain waits a little.
void ProxyHeaderConnection::drain() {
  deadline_ = std::min(deadline_, loop_.loop.now() + loop_.drain_idle_time);
}

void ProxyHeaderConnection::expire() {
  if (ended_) return;
  refuse("the header did not come in time");
  end();
}

void ProxyHeaderConnection::refuse(std::string_view reason) {
  loop_.bad_proxy_header.count(loop_.loop.now(), peer_.address + ": " + std::string(reason));
  if (listener_.counted) loop_.metrics.connection_refused(observe::Refusal::kProxyHeader);
}

void ProxyHeaderConnection::end() {
  socket_.close();
  deadline_ = kNever;
  ended_ = true;
  loop_.ended.push_back(this);
}

}  // namespace tusk::server::handshake
