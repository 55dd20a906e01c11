#include "net/listener.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "net/server_sockets.h"

namespace tusk::net {

namespace {

constexpr int kBacklog = 4096;  // the kernel takes the smaller of this and net.core.somaxconn

base::UniqueFd make_socket(int family) {
  return base::UniqueFd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

void enable(int fd, int level, int option, int value = 1) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

Endpoint endpoint_of(const sockaddr_storage& storage, socklen_t length) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return {text.data(), ntohs(v4.sin_port)};
  }
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    // An IPv4 client on a dual-stack socket is an IPv4 client for everybody above.
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
    } else {
      ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
    return {text.data(), ntohs(v6.sin6_port)};
  }
  // A client's end has no path.
  const auto& local = reinterpret_cast<const sockaddr_un&>(storage);
  const std::size_t most = length - std::min<std::size_t>(length, offsetof(sockaddr_un, sun_path));
  return {"unix:" + std::string(local.sun_path, ::strnlen(local.sun_path, most)), 0};
}

// A socket file that nobody listens on any more was left by a process that was killed.
bool is_stale(const sockaddr_un& name) {
  const base::UniqueFd probe = make_socket(AF_UNIX);
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 &&
         errno == ECONNREFUSED;
}

}  // namespace

base::Result<std::vector<Listener>> Listener::open(const config::Address& address) {
  if (address.kind == config::Address::Kind::kTcp) return open_tcp(address);
  base::Result<Listener> listener = open_unix(address);
  if (!listener) return std::unexpected(listener.error());
  std::vector<Listener> listeners;
  listeners.push_back(std::move(*listener));
  return listeners;
}

base::Result<Listener> Listener::open_unix(const config::Address& address) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (address.path.size() >= sizeof name.sun_path) {
    return base::fail("listen " + config::to_string(address) + ": the path is too long (" +
                      std::to_string(sizeof name.sun_path - 1) + " bytes at most)");
  }
  std::memcpy(name.sun_path, address.path.data(), address.path.size());
  struct stat status{};
  if (::lstat(address.path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode) && is_stale(name)) {
    ::unlink(address.path.c_str());
  }
  base::UniqueFd socket = make_socket(AF_UNIX);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    return base::fail_errno("listen " + config::to_string(address), errno);
  }
  remember_listener(socket.get());
  return Listener(std::move(socket), address);
}

base::Result<std::vector<Listener>> Listener::open_tcp(const config::Address& address) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  const int error = ::getaddrinfo(address.host.empty() ? nullptr : address.host.c_str(),
                                  port.c_str(), &hints, &found);
  const std::string what = "listen " + config::to_string(address);
  if (error != 0) return base::fail(what + ": " + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);

  // Every interface: one IPv6 socket takes IPv4 as well; without IPv6, the IPv4 one.
  if (address.host.empty()) {
    const base::UniqueFd probe = make_socket(AF_INET6);
    const int family = probe ? AF_INET6 : AF_INET;
    while (found != nullptr && found->ai_family != family) found = found->ai_next;
  }
  std::vector<Listener> listeners;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    base::UniqueFd socket = make_socket(at->ai_family);
    if (!socket) continue;
    enable(socket.get(), SOL_SOCKET, SO_REUSEADDR);
    enable(socket.get(), IPPROTO_TCP, TCP_NODELAY);  // accepted sockets inherit it
    if (at->ai_family == AF_INET6) {
      enable(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, address.host.empty() ? 0 : 1);
    }
    if (::bind(socket.get(), at->ai_addr, at->ai_addrlen) != 0 ||
        ::listen(socket.get(), kBacklog) != 0) {
      return base::fail_errno(what, errno);
    }
    remember_listener(socket.get());
    config::Address bound = address;
    bound.port = local_endpoint(socket.get()).port;
    listeners.push_back(Listener(std::move(socket), std::move(bound)));
    if (address.host.empty()) break;
  }
  if (listeners.empty()) return base::fail(what + ": no address to listen on");
  return listeners;
}

Listener::~Listener() { close(); }

void Listener::close() {
  if (socket_ && address_.kind == config::Address::Kind::kUnix) ::unlink(address_.path.c_str());
  socket_.reset();
}

Accepted Listener::accept() {
  for (;;) {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    base::UniqueFd socket(::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&storage), &length,
                                    SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) return {AcceptStatus::accepted, std::move(socket), endpoint_of(storage, length)};
    switch (errno) {
      case EINTR:
      case ECONNABORTED:  // the client left before we came; the next one may be there
        continue;
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        return {AcceptStatus::out_of_descriptors, {}, {}};
      default:
        return {AcceptStatus::none_waiting, {}, {}};
    }
  }
}

std::string Listener::url(bool tls) const {
  if (address_.kind == config::Address::Kind::kUnix) return config::to_string(address_);
  config::Address shown = address_;
  shown.scheme = tls ? config::Address::Scheme::kHttps : config::Address::Scheme::kHttp;
  if (shown.host.empty()) shown.host = "0.0.0.0";
  return config::to_string(shown);
}

Endpoint local_endpoint(int socket) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
  return endpoint_of(storage, length);
}

}  // namespace tusk::net
