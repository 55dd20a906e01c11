#include "php/process/program_start.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <fcntl.h>
#include <sanitizer/asan_interface.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/descriptor_limit.h"
#include "php/rewind/snapshot.h"

// clone() under its other name: ThreadSanitizer takes the usual one for a fork() with memory of its
// own.
// NOLINTNEXTLINE(bugprone-reserved-identifier): glibc's name
extern "C" int __clone(int (*run)(void*), void* stack, int flags, void* argument, ...) noexcept;

namespace tusk::php::process {

namespace {

using KernelSignalSet = std::uint64_t;

constexpr int kSignals = 64;
constexpr std::size_t kStackBytes = std::size_t{32} * 1024;

// Shared by parent and child.
struct Child {
  const ProgramStart& start;
  std::span<const int> kept;  // above the standard streams, in order
  int error = 0;
};

// Makes system calls directly. Functions of libc may be ours here: they keep records of the
// parent's descriptors and refuse what a script may not do.
template <class... Arguments>
bool call(long number, Arguments... arguments) noexcept {
  return ::syscall(number, arguments...) >= 0;
}

void set_usual_signals() noexcept {
  // The kernel's struct: no handler, flags, restorer or mask.
  static constexpr std::array<std::byte, 64> kDefault{};
  for (int signal = 1; signal <= kSignals; ++signal) {
    (void)call(SYS_rt_sigaction, signal, kDefault.data(), nullptr, sizeof(KernelSignalSet));
  }
}

bool take_step(const StartStep& step) noexcept {
  switch (step.kind) {
    case StartStep::Kind::kDuplicate:
      // Duplicated onto itself, it stays open in the program.
      return step.from == step.to ? call(SYS_fcntl, step.from, F_SETFD, 0)
                                  : call(SYS_dup3, step.from, step.to, 0);
    case StartStep::Kind::kClose:
      (void)call(SYS_close, step.to);  // as with posix_spawn(), it need not be open
      return true;
    case StartStep::Kind::kEnterDirectory:
      return call(SYS_chdir, step.directory.c_str());
  }
  return false;
}

void close_others(std::span<const int> kept) noexcept {
  int next = STDERR_FILENO + 1;
  for (const int fd : kept) {
    for (; next < fd; ++next) (void)call(SYS_close, next);
    next = fd + 1;
  }
  ::closefrom(next);  // libc's own, which has a fallback for kernels without close_range()
}

// Skips a path that does not exist or may not be executed, like execvp().
int execute(const ProgramStart& start) noexcept {
  bool denied = false;
  int error = ENOENT;
  for (const std::string& path : start.paths) {
    (void)call(SYS_execve, path.c_str(), start.arguments, start.environment);
    error = errno;
    denied = denied || error == EACCES;
    if (error != EACCES && error != ENOENT && error != ENOTDIR && error != ESTALE) return error;
  }
  return denied ? EACCES : error;
}

int run_child(void* shared) noexcept {
  Child& child = *static_cast<Child*>(shared);
  set_usual_signals();
  for (const StartStep& step : child.start.steps) {
    if (take_step(step)) continue;
    child.error = errno;
    return 127;
  }
  close_others(child.kept);
  base::restore_descriptor_limit(0);
  constexpr KernelSignalSet kNone = 0;
  (void)call(SYS_rt_sigprocmask, SIG_SETMASK, &kNone, nullptr, sizeof kNone);
  child.error = execute(child.start);
  return 127;
}

std::vector<int> descriptors_of(std::span<const StartStep> steps) {
  std::vector<int> kept;
  for (const StartStep& step : steps) {
    std::erase(kept, step.to);
    if (step.kind == StartStep::Kind::kDuplicate && step.to > STDERR_FILENO)
      kept.push_back(step.to);
  }
  std::ranges::sort(kept);
  return kept;
}

}  // namespace

int start_program(const ProgramStart& start, pid_t& process) {
  const std::vector<int> kept = descriptors_of(start.steps);
  Child child{start, kept};
  alignas(16) std::array<std::byte, kStackBytes> stack;
  // No handler of the server's may run in the child, libc's own signals included.
  constexpr KernelSignalSet kAll = ~KernelSignalSet{0};
  KernelSignalSet before = 0;
  (void)call(SYS_rt_sigprocmask, SIG_SETMASK, &kAll, &before, sizeof kAll);
  const int started =
      ::__clone(run_child, stack.data() + stack.size(), CLONE_VM | CLONE_VFORK | SIGCHLD, &child);
  const int error = started < 0 ? errno : child.error;
  if (rewind::Snapshot* const snapshot = rewind::Snapshot::current()) snapshot->spawned();
  // The child's frames have not returned, so the address sanitizer's notes about them are still
  // there.
  ASAN_UNPOISON_MEMORY_REGION(stack.data(), stack.size());
  (void)call(SYS_rt_sigprocmask, SIG_SETMASK, &before, nullptr, sizeof before);
  if (error == 0) {
    process = started;
  } else if (started > 0) {
    while (!call(SYS_wait4, started, nullptr, 0, nullptr) && errno == EINTR) {
    }
  }
  return error;
}

}  // namespace tusk::php::process
