#include "net/readiness_notifier.h"

#include <chrono>
#include <cstddef>
#include <cstdlib>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/unique_fd.h"

namespace tusk::net {

std::string stopping_state(base::Duration at_most) {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(at_most);
  return "STOPPING=1\nEXTEND_TIMEOUT_USEC=" + std::to_string(microseconds.count());
}

ReadinessNotifier ReadinessNotifier::from_environment() {
  ReadinessNotifier notifier;
  const char* const path = std::getenv("NOTIFY_SOCKET");
  if (path != nullptr) notifier.path_ = path;
  ::unsetenv("NOTIFY_SOCKET");
  // sd_notify(3) also allows vsock, which is for virtual machines.
  const bool known = notifier.path_.starts_with('/') || notifier.path_.starts_with('@');
  if (!known || notifier.path_.size() >= sizeof(sockaddr_un::sun_path)) notifier.path_.clear();
  return notifier;
}

void ReadinessNotifier::notify(std::string_view state) const {
  if (path_.empty()) return;
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path_.copy(name.sun_path, sizeof name.sun_path - 1);
  if (name.sun_path[0] == '@') name.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
  const base::UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return;
  ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&name), length);
}

}  // namespace tusk::net
