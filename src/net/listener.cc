#include "net/listener.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/high_descriptor.h"
#include "base/permission.h"
#include "base/process_user.h"
#include "net/socket_file.h"

namespace tusk::net {

namespace {

// How much of a response the kernel may hold unsent for a slow client. Bytes in flight are not
// counted, so a fast client far away is not slowed down.
constexpr int kUnsentBytes = 256 * 1024;

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
    // An IPv4 client of a dual-stack socket is shown as an IPv4 client.
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
    } else {
      ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
    return {text.data(), ntohs(v6.sin6_port)};
  }
  // The client's end has no path.
  const auto& local = reinterpret_cast<const sockaddr_un&>(storage);
  const std::size_t most = length - std::min<std::size_t>(length, offsetof(sockaddr_un, sun_path));
  if (most > 1 && local.sun_path[0] == '\0') {  // abstract
    return {"unix:@" + std::string(local.sun_path + 1, most - 1), 0};
  }
  return {"unix:" + std::string(local.sun_path, ::strnlen(local.sun_path, most)), 0};
}

// The address of a unix socket. An abstract name begins with a zero byte and ends by its length.
struct UnixName {
  sockaddr_un name{};
  socklen_t length = 0;

  explicit UnixName(const std::string& path) {
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    length = sizeof name;
    if (!path.starts_with('@')) return;
    name.sun_path[0] = '\0';
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  }
  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&name); }
};

// Nobody listens on the socket file: a killed process left it behind.
bool is_stale(const UnixName& name) {
  const base::UniqueFd probe = make_socket(AF_UNIX);
  return probe && ::connect(probe.get(), name.address(), name.length) != 0 && errno == ECONNREFUSED;
}

// Nobody can connect before the socket listens, so it is never seen without its final owner and
// mode.
bool bind_file(int socket, const UnixName& name, const std::string& path,
               const ListenOptions& options) {
  const mode_t before = ::umask(0777);
  const bool bound = ::bind(socket, name.address(), name.length) == 0;
  const int error = errno;
  ::umask(before);
  errno = error;
  if (!bound) return false;
  if (settle_socket_file(path, options)) return true;
  const int why = errno;
  ::unlink(path.c_str());
  errno = why;
  return false;
}

std::string port_denial_text() {
  return "Permission denied for user " + base::process_user() +
         ": a low port needs CAP_NET_BIND_SERVICE (systemd: AmbientCapabilities=), or a socket "
         "that "
         "systemd hands over";
}

// Whether the socket takes connections by IPv6 and by IPv4, on every interface.
bool is_every_interface(int socket, const sockaddr_storage& storage) {
  if (storage.ss_family != AF_INET6) return false;
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
  int v6_only = 1;
  socklen_t size = sizeof v6_only;
  ::getsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, &size);
  return IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr) && v6_only == 0;
}

void set_tcp_options(int socket) {  // accepted sockets inherit them
  enable(socket, IPPROTO_TCP, TCP_NODELAY);
  enable(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentBytes);
}

}  // namespace

base::Result<std::vector<Listener>> Listener::open(const config::Address& address,
                                                   const ListenOptions& options) {
  if (address.kind == config::Address::Kind::kTcp) return open_tcp(address, options);
  base::Result<Listener> listener = open_unix(address, options);
  if (!listener) return std::unexpected(listener.error());
  std::vector<Listener> listeners;
  listeners.push_back(std::move(*listener));
  return listeners;
}

base::Result<Listener> Listener::open_unix(const config::Address& address,
                                           const ListenOptions& options) {
  const std::string what = "listen " + config::to_string(address);
  if (address.path.size() >= sizeof(sockaddr_un::sun_path)) {
    return base::fail(what + ": the path is too long (" +
                      std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes at most)");
  }
  const UnixName name(address.path);
  base::UniqueFd socket = make_socket(AF_UNIX);
  if (!socket) return base::fail_errno(what, errno);
  bool bound = false;
  if (address.is_abstract()) {
    bound = ::bind(socket.get(), name.address(), name.length) == 0;
  } else {
    struct stat status{};
    if (::lstat(address.path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode) && is_stale(name)) {
      ::unlink(address.path.c_str());
    }
    bound = bind_file(socket.get(), name, address.path, options);
  }
  const int why = errno;
  if (!bound && why == EACCES && !address.is_abstract())
    return base::fail(what + ": " + base::creation_denial_text(address.path, why));
  if (!bound) return base::fail_errno(what, why);
  Listener listener(std::move(socket), address);
  listener.owns_file_ = !address.is_abstract();
  if (::listen(listener.fd(), options.backlog) != 0) return base::fail_errno(what, errno);
  return listener;
}

base::Result<std::vector<Listener>> Listener::open_tcp(const config::Address& address,
                                                       const ListenOptions& options) {
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

  // Every interface: one IPv6 socket, which also accepts IPv4; without IPv6, an IPv4 socket.
  if (address.host.empty()) {
    const base::UniqueFd probe = make_socket(AF_INET6);
    const int family = probe ? AF_INET6 : AF_INET;
    while (found != nullptr && found->ai_family != family) found = found->ai_next;
  }
  std::vector<Listener> listeners;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    base::UniqueFd socket = make_socket(at->ai_family);
    if (!socket) continue;
    const bool v6_only = !address.host.empty();
    enable(socket.get(), SOL_SOCKET, SO_REUSEADDR);
    if (at->ai_family == AF_INET6) {
      enable(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, v6_only ? 1 : 0);
    }
    set_tcp_options(socket.get());
    if (::bind(socket.get(), at->ai_addr, at->ai_addrlen) != 0 ||
        ::listen(socket.get(), options.backlog) != 0) {
      return errno == EACCES ? base::fail(what + ": " + port_denial_text())
                             : base::fail_errno(what, errno);
    }
    config::Address bound = address;
    bound.port = local_endpoint(socket.get()).port;
    listeners.push_back(Listener(std::move(socket), std::move(bound)));
    listeners.back().configured_ = address;
    if (address.host.empty()) break;
  }
  if (listeners.empty()) return base::fail(what + ": no address to listen on");
  return listeners;
}

base::Result<Listener> Listener::adopt(base::UniqueFd socket, config::Address::Scheme scheme,
                                       const std::optional<config::Address>& configured) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  const std::string what = "inherited socket " + std::to_string(socket.get());
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&storage), &length) != 0) {
    return base::fail_errno(what, errno);
  }
  if (listens == 0) return base::fail(what + ": it does not listen");
  config::Address address;
  address.scheme = scheme;
  if (storage.ss_family == AF_UNIX) {
    const auto& name = reinterpret_cast<const sockaddr_un&>(storage);
    address.kind = config::Address::Kind::kUnix;
    address.path = std::string(name.sun_path, length - offsetof(sockaddr_un, sun_path));
    if (address.path.starts_with('\0')) {
      address.path[0] = '@';
    } else {
      address.path.erase(std::min(address.path.find('\0'), address.path.size()));
    }
  } else if (storage.ss_family == AF_INET || storage.ss_family == AF_INET6) {
    const Endpoint endpoint = endpoint_of(storage, length);
    address.host = is_every_interface(socket.get(), storage) ? "" : endpoint.address;
    address.port = endpoint.port;
    set_tcp_options(socket.get());
  } else {
    return base::fail(what + ": it is neither a TCP socket nor a unix socket");
  }
  if (::fcntl(socket.get(), F_SETFL, ::fcntl(socket.get(), F_GETFL) | O_NONBLOCK) != 0 ||
      ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC) != 0) {
    return base::fail_errno(what, errno);
  }
  Listener listener(std::move(socket), std::move(address));
  if (configured) listener.configured_ = *configured;
  return listener;
}

Listener Listener::take_over(base::UniqueFd socket, config::Address address, bool owns_file) {
  Listener listener(std::move(socket), std::move(address));
  listener.owns_file_ = owns_file;
  return listener;
}

// Not a second socket with SO_REUSEPORT: then any process of the same user, even one started by a
// script, could listen on the port too and would get some of the clients.
base::Result<Listener> Listener::duplicate() const {
  base::UniqueFd again(::fcntl(fd(), F_DUPFD_CLOEXEC, 0));
  if (!again) return base::fail_errno("listen " + config::to_string(address_), errno);
  Listener duplicate(std::move(again), address_);
  duplicate.configured_ = configured_;
  return duplicate;
}

Listener::~Listener() { close(); }

void Listener::close() {
  if (socket_ && owns_file_) ::unlink(address_.path.c_str());
  socket_.reset();
}

Accepted Listener::accept() {
  for (;;) {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    base::UniqueFd socket(::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&storage), &length,
                                    SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      return {AcceptStatus::kAccepted, base::above_low_numbers(std::move(socket)),
              endpoint_of(storage, length)};
    }
    switch (errno) {
      case EINTR:
      case ECONNABORTED:  // the client has already left; try the next one
        continue;
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        return {AcceptStatus::kOutOfDescriptors, {}, {}};
      default:
        return {AcceptStatus::kNoneWaiting, {}, {}};
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
