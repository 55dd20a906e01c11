#include "php/process/start_children.h"

#include <csignal>

#include <pthread.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace tusk::php::process {

namespace {

constinit pid_t parent = 0;  // 0: PHP does not start
constinit bool is_child = false;

void end_with_parent() noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent has ended before that.
  if (::getppid() != parent) ::raise(SIGKILL);
}

void enter_child() {
  if (parent == 0 || is_child) return;  // what such a child forks is its own
  is_child = true;
  end_with_parent();
}

}  // namespace

// OPcache's file calls libc's fork() and setuid(), whatever this program replaces.
StartChildren::StartChildren() noexcept {
  static const int registered = ::pthread_atfork(nullptr, nullptr, enter_child);
  if (registered == 0) parent = ::getpid();
}

StartChildren::~StartChildren() {
  if (!is_child) parent = 0;
}

void StartChildren::begin_request() noexcept {
  if (is_child) end_with_parent();
}

}  // namespace tusk::php::process
