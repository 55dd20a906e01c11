#include "host/system_call_filter.h"

#include <cerrno>
#include <cstdint>
#include <memory>
#include <type_traits>

#include <sched.h>
#include <seccomp.h>

namespace tusk::host {

namespace {

// What neither PHP nor a program of an application needs, and what has often been the way from a
// process into the kernel or into another process.
constexpr const char* kDenied[] = {
    // other processes
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "pidfd_getfd",
    "kcmp",
    // the file system's tree
    "mount",
    "umount",
    "umount2",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "pivot_root",
    "chroot",
    "open_by_handle_at",
    "quotactl",
    "quotactl_fd",
    "fanotify_init",
    "swapon",
    "swapoff",
    "acct",
    // namespaces; those of clone() and unshare() are below
    "setns",
    // the kernel
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "add_key",
    "request_key",
    "keyctl",
    "init_module",
    "finit_module",
    "delete_module",
    "create_module",
    "kexec_load",
    "kexec_file_load",
    "reboot",
    "syslog",
    "lookup_dcookie",
    "nfsservctl",
    "uselib",
    "_sysctl",
    "sysfs",
    "vm86",
    "vm86old",
    // the machine
    "clock_settime",
    "clock_settime64",
    "clock_adjtime",
    "clock_adjtime64",
    "settimeofday",
    "stime",
    "adjtimex",
    "sethostname",
    "setdomainname",
    "iopl",
    "ioperm",
    "vhangup",
};

constexpr const char* kExecuting[] = {"execve", "execveat"};

constexpr unsigned kNewNamespaces[] = {CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                       CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};

struct Release {
  void operator()(void* filter) const { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, Release>;

// A call that this kernel or this processor does not have is left out.
int deny(scmp_filter_ctx filter, const char* name) {
  const int number = ::seccomp_syscall_resolve_name(name);
  if (number == __NR_SCMP_ERROR) return 0;
  return ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
}

int deny_namespaces(scmp_filter_ctx filter) {
  for (const unsigned flag : kNewNamespaces) {
    for (const int call : {SCMP_SYS(clone), SCMP_SYS(unshare)}) {
      const scmp_arg_cmp has_flag{
          .arg = 0, .op = SCMP_CMP_MASKED_EQ, .datum_a = flag, .datum_b = flag};
      const int failed =
          ::seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), call, 1, &has_flag);
      if (failed != 0) return failed;
    }
  }
  // Its flags are in memory, which no filter sees. libc then takes clone().
  return ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

// Programs of 32 bits have system calls of their own.
int add_other_architectures(scmp_filter_ctx filter) {
  int failed = 0;
#if defined(__x86_64__)
  for (const auto other : {SCMP_ARCH_X86, SCMP_ARCH_X32}) {
    if (failed == 0) failed = ::seccomp_arch_add(filter, static_cast<std::uint32_t>(other));
  }
#elif defined(__aarch64__)
  failed = ::seccomp_arch_add(filter, SCMP_ARCH_ARM);
#endif
  return failed == -EEXIST ? 0 : failed;
}

int set_attributes(scmp_filter_ctx filter) {
  int failed = ::seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));
  // Threads that an extension has started.
  if (failed == 0) failed = ::seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
  // Else kernels before 5.16 make all code of the process slower, for a danger that JIT code for
  // strangers has (PR_SPEC_STORE_BYPASS).
  if (failed == 0) failed = ::seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
  // A tree of comparisons and not a row.
  if (failed == 0) failed = ::seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
  return failed;
}

}  // namespace

base::Result<void> filter_system_calls(base::process::Seccomp kind) {
  if (kind == base::process::Seccomp::kOff) return {};
  const Filter filter(::seccomp_init(SCMP_ACT_ALLOW));
  if (filter == nullptr) return base::fail("cannot make a filter of system calls");
  int failed = set_attributes(filter.get());
  if (failed == 0) failed = add_other_architectures(filter.get());
  for (const char* const name : kDenied) {
    if (failed == 0) failed = deny(filter.get(), name);
  }
  if (kind == base::process::Seccomp::kNoExec) {
    for (const char* const name : kExecuting) {
      if (failed == 0) failed = deny(filter.get(), name);
    }
  }
  if (failed == 0) failed = deny_namespaces(filter.get());
  if (failed == 0) failed = ::seccomp_load(filter.get());
  if (failed != 0) return base::fail_errno("cannot filter system calls", -failed);
  return {};
}

}  // namespace tusk::host
