#include "php/process/process_identity.h"

#include <cerrno>

#include <sys/syscall.h>
#include <unistd.h>

namespace tusk::php::process {

bool is_own_process(pid_t process) noexcept {
  if (process <= 0) return false;
  const pid_t own = ::getpid();
  if (process == own) return true;
  // tgkill(2) finds a thread only in the process that is named; signal 0 sends nothing.
  const int before = errno;
  const bool is_thread = ::syscall(SYS_tgkill, own, process, 0) == 0;
  errno = before;
  return is_thread;
}

}  // namespace tusk::php::process
