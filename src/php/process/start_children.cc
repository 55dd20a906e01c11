#include "php/process/start_children.h"

#include <csignal>

#include <sys/prctl.h>
#include <unistd.h>

namespace tusk::php::process {

namespace {

constinit bool starting = false;
constinit bool is_child = false;

}  // namespace

StartChildren::StartChildren() noexcept { starting = true; }

StartChildren::~StartChildren() { starting = false; }

void StartChildren::enter_child(pid_t parent) noexcept {
  if (!starting) return;
  is_child = true;
  starting = false;  // what a preload script forks is its own
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent has ended before that.
  if (::getppid() != parent) ::raise(SIGKILL);
}

void StartChildren::changed_user() noexcept {
  if (is_child) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

}  // namespace tusk::php::process
