#include "net/server_sockets.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace tusk::net {

namespace {

// An address in a form that compares: the port, or the path of a unix socket. The host is left
// out, since a listener's may be any.
struct Local {
  sa_family_t family = AF_UNSPEC;
  in_port_t port = 0;
  std::array<char, sizeof(sockaddr_un::sun_path)> path{};

  bool operator==(const Local&) const = default;
};

// Written by main while other threads read: entries first, then their count.
constexpr std::size_t kMaxListeners = 256;
std::array<Local, kMaxListeners> listeners;
std::atomic<std::size_t> listener_count{0};

Local local_of(int socket) noexcept {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
  Local local;
  local.family = storage.ss_family;
  if (storage.ss_family == AF_INET) {
    local.port = reinterpret_cast<const sockaddr_in&>(storage).sin_port;
  } else if (storage.ss_family == AF_INET6) {
    local.port = reinterpret_cast<const sockaddr_in6&>(storage).sin6_port;
  } else if (storage.ss_family == AF_UNIX && length > sizeof(sa_family_t)) {
    const auto& name = reinterpret_cast<const sockaddr_un&>(storage);
    std::memcpy(local.path.data(), name.sun_path, length - sizeof(sa_family_t));
  } else {
    return {};
  }
  return local;
}

bool is_known(const Local& local) noexcept {
  const std::size_t count = listener_count.load(std::memory_order_acquire);
  return std::find(listeners.begin(), listeners.begin() + count, local) !=
         listeners.begin() + count;
}

bool is_socket(int fd) noexcept {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

}  // namespace

void remember_listener(int socket) {
  const Local local = local_of(socket);
  const std::size_t count = listener_count.load(std::memory_order_relaxed);
  if (local.family == AF_UNSPEC || is_known(local) || count == kMaxListeners) return;
  listeners[count] = local;
  listener_count.store(count + 1, std::memory_order_release);
}

bool is_server_socket(int fd) noexcept { return is_socket(fd) && is_known(local_of(fd)); }

void close_server_sockets() noexcept {
  DIR* const directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) {
    const long limit = ::sysconf(_SC_OPEN_MAX);
    for (int fd = STDERR_FILENO + 1; fd < limit; ++fd) {
      if (is_server_socket(fd)) ::close(fd);
    }
    return;
  }
  while (const dirent* const entry = ::readdir(directory)) {
    const int fd = std::atoi(entry->d_name);
    if (fd > STDERR_FILENO && is_server_socket(fd)) ::close(fd);
  }
  ::closedir(directory);
}

}  // namespace tusk::net
