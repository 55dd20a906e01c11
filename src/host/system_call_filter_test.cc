// In children, since a filter is for good.
#include "host/system_call_filter.h"

#include <cerrno>
#include <csignal>

#include <gtest/gtest.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tusk::host {
namespace {

template <class Holds>
bool in_child(base::process::Seccomp filter, Holds holds) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(filter_system_calls(filter) && holds() ? 0 : 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

template <class... Arguments>
bool is_denied(long call, Arguments... arguments) {
  errno = 0;
  return ::syscall(call, arguments...) == -1 && errno == EPERM;
}

// Whether a program can be executed.
bool executes() {
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/bin/true", "true", nullptr);
    ::_exit(errno == EPERM ? 1 : 2);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status == 0;
}

TEST(SystemCallFilter, DeniesWhatPhpNeverNeeds) {
  EXPECT_TRUE(in_child(base::process::Seccomp::kDefault, [] {
    return is_denied(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0) &&
           is_denied(SYS_process_vm_writev, ::getpid(), nullptr, 0, nullptr, 0, 0) &&
           is_denied(SYS_mount, nullptr, nullptr, nullptr, 0, nullptr) &&
           is_denied(SYS_keyctl, KEYCTL_GET_KEYRING_ID, 0, 0, 0, 0) &&
           is_denied(SYS_bpf, 0, nullptr, 0) && is_denied(SYS_userfaultfd, 0) &&
           is_denied(SYS_io_uring_setup, 1, nullptr) && is_denied(SYS_unshare, CLONE_NEWUSER) &&
           is_denied(SYS_unshare, CLONE_NEWNS | CLONE_FS) &&
           is_denied(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, 0) &&
           is_denied(SYS_setns, 0, 0) && is_denied(SYS_chroot, "/") &&
           is_denied(SYS_open_by_handle_at, 0, nullptr, 0);
  }));
}

TEST(SystemCallFilter, AllowsTheRest) {
  EXPECT_TRUE(in_child(base::process::Seccomp::kDefault, [] {
    return ::unshare(CLONE_FS) == 0 && executes() && ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  }));
}

TEST(SystemCallFilter, CanDenyPrograms) {
  EXPECT_TRUE(in_child(base::process::Seccomp::kNoExec, [] {
    return !executes() && is_denied(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
  }));
}

TEST(SystemCallFilter, IsNotInstalledUnlessItIsWanted) {
  EXPECT_TRUE(in_child(base::process::Seccomp::kOff,
                       [] { return executes() && ::prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 0; }));
}

}  // namespace
}  // namespace tusk::host
