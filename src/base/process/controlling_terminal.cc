#include "base/process/controlling_terminal.h"

#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace tusk::base::process {

namespace {

UniqueFd open_terminal(const char* path, int access) noexcept {
  return UniqueFd(::open(path, access | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
}

// Where it cannot be opened, as in another mount namespace, it stays as it is.
void make_write_only(int fd) noexcept {
  if (::isatty(fd) == 0) return;
  const std::string itself = "/proc/self/fd/" + std::to_string(fd);
  const UniqueFd again(::open(itself.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC));
  if (again) ::dup2(again.get(), fd);
}

}  // namespace

bool has_controlling_terminal() noexcept {
  return static_cast<bool>(open_terminal("/dev/tty", O_RDONLY));
}

UniqueFd leave_controlling_terminal() noexcept {
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) make_write_only(fd);
  if (::getsid(0) == ::getpid()) return {};
  UniqueFd terminal = open_terminal("/dev/tty", O_WRONLY);
  if (terminal && ::ioctl(terminal.get(), TIOCNOTTY) != 0) terminal.reset();
  return terminal;
}

bool is_hung_up(const UniqueFd& terminal) noexcept {
  pollfd state{.fd = terminal.get(), .events = 0, .revents = 0};
  return ::poll(&state, 1, 0) == 1 && (state.revents & (POLLHUP | POLLERR)) != 0;
}

}  // namespace tusk::base::process
