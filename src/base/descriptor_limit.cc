#include "base/descriptor_limit.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tusk::base {

namespace {

// Written before other threads start.
constinit rlimit at_start{};
constinit bool raised = false;

}  // namespace

void raise_descriptor_limit() noexcept {
  if (::getrlimit(RLIMIT_NOFILE, &at_start) != 0) return;
  rlimit limit = at_start;
  limit.rlim_cur = limit.rlim_max;
  raised = ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

// Uses the system call: prlimit() may be denied where scripts run, as it would be to them.
void restore_descriptor_limit(pid_t process) noexcept {
  if (raised) (void)::syscall(SYS_prlimit64, process, RLIMIT_NOFILE, &at_start, nullptr);
}

}  // namespace tusk::base
