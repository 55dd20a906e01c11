#include "php/process/signals.h"

#include <cerrno>

#include <unistd.h>

#include "php/libc/libc_function.h"
#include "php/process/process_identity.h"
#include "php/script_thread.h"

namespace {

using tusk::php::ScriptThread;
using tusk::php::libc::libc_function;
using tusk::php::process::is_own_process;
using tusk::php::process::SignalRecord;

decltype(::sigaction)* libc_sigaction() noexcept {
  static const auto function = libc_function<decltype(::sigaction)>("sigaction");
  return function;
}

bool is_crash(int number) noexcept {
  return number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL ||
         number == SIGABRT;
}

// False: `how` is invalid.
bool change_mask(sigset_t& mask, int how, const sigset_t& with) noexcept {
  if (how != SIG_BLOCK && how != SIG_UNBLOCK && how != SIG_SETMASK) return false;
  for (int number = 1; number < SignalRecord::kSignals; ++number) {
    if (number == SIGKILL || number == SIGSTOP) continue;
    const bool named = sigismember(&with, number) == 1;
    const bool before = sigismember(&mask, number) == 1;
    const bool after = how == SIG_BLOCK     ? before || named
                       : how == SIG_UNBLOCK ? before && !named
                                            : named;
    // libc's own signals are refused, and keep their state.
    if (after != before) (after ? sigaddset : sigdelset)(&mask, number);
  }
  return true;
}

// A signal that a script sends to its own process, and has a handler for, concerns the script
// alone: the handler runs at once, as it would by the time kill() returns (POSIX, kill()). PHP's
// handler only records the signal (pcntl_signal_handler()). False: there is no handler, or the
// signal is blocked.
bool handle_own(const SignalRecord& signals, int number) noexcept {
  if (number < 1 || number >= SignalRecord::kSignals || !signals.has(number)) return false;
  const struct sigaction& action = signals.get(number);
  if (sigismember(&signals.mask(), number) == 1 || action.sa_handler == SIG_DFL) return false;
  if (action.sa_handler == SIG_IGN) return true;
  if ((action.sa_flags & SA_SIGINFO) == 0) {
    action.sa_handler(number);
    return true;
  }
  siginfo_t info{};
  info.si_signo = number;
  info.si_code = SI_USER;
  info.si_pid = ::getpid();
  info.si_uid = ::getuid();
  action.sa_sigaction(number, &info, nullptr);
  return true;
}

}  // namespace

extern "C" int sigaction(int number, const struct sigaction* action,
                         struct sigaction* old) noexcept {
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr || number < 1 || number >= SignalRecord::kSignals) {
    return libc_sigaction()(number, action, old);
  }
  if (number == SIGKILL || number == SIGSTOP) return libc_sigaction()(number, action, old);
  if (!thread->signals.has(number)) {
    if (libc_sigaction()(number, nullptr, old) != 0) return -1;
  } else if (old != nullptr) {
    *old = thread->signals.get(number);
  }
  if (action != nullptr) thread->signals.set(number, *action);
  return 0;
}

extern "C" int sigprocmask(int how, const sigset_t* set, sigset_t* old) noexcept {
  static const auto next = libc_function<decltype(::sigprocmask)>("sigprocmask");
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr) return next(how, set, old);
  const sigset_t before = thread->signals.mask();
  if (set != nullptr) {
    sigset_t after = before;
    if (!change_mask(after, how, *set)) {
      errno = EINVAL;
      return -1;
    }
    thread->signals.set_mask(after);
  }
  if (old != nullptr) *old = before;
  return 0;
}

extern "C" unsigned alarm(unsigned seconds) noexcept {
  static const auto next = libc_function<decltype(::alarm)>("alarm");
  return ScriptThread::current() == nullptr ? next(seconds) : 0;
}

extern "C" __sighandler_t signal(int number, __sighandler_t handler) noexcept {
  static const auto next = libc_function<decltype(::signal)>("signal");
  if (ScriptThread::current() == nullptr) return next(number, handler);
  struct sigaction action{};
  struct sigaction before{};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  return ::sigaction(number, &action, &before) == 0 ? before.sa_handler : SIG_ERR;
}

// -1 means every process that the server's user may signal, which includes its supervisor.
extern "C" int kill(pid_t process, int number) noexcept {
  static const auto next = libc_function<decltype(::kill)>("kill");
  ScriptThread* const thread = ScriptThread::current();
  if (thread == nullptr || number == 0) return next(process, number);
  const bool own = is_own_process(process);
  const bool among_others = process == 0 || process == -1 || process == -::getpgrp();
  if (!own && !among_others && process != ::getppid()) return next(process, number);
  if (process == ::getpid() && handle_own(thread->signals, number)) return 0;
  errno = EPERM;
  return -1;
}

// A script has no signals except those that it sends to its own process, and these never wait. It
// must not wait for the server's signals, because it would take them away.
extern "C" int sigwaitinfo(const sigset_t* signals, siginfo_t* info) {
  static const auto next = libc_function<decltype(::sigwaitinfo)>("sigwaitinfo");
  sigset_t none;
  sigemptyset(&none);
  return next(ScriptThread::current() == nullptr ? signals : &none, info);
}

extern "C" int sigtimedwait(const sigset_t* signals, siginfo_t* info, const timespec* timeout) {
  static const auto next = libc_function<decltype(::sigtimedwait)>("sigtimedwait");
  sigset_t none;
  sigemptyset(&none);
  return next(ScriptThread::current() == nullptr ? signals : &none, info, timeout);
}

namespace tusk::php::process {

void adopt_signals(const SignalRecord& asked_for) noexcept {
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  for (int number = 1; number < SignalRecord::kSignals; ++number) {
    struct sigaction now{};
    // Signals between 31 and SIGRTMIN are libc's own, which sigaction() refuses.
    if (is_crash(number)) continue;
    if (libc_sigaction()(number, nullptr, &now) != 0) continue;
    if (asked_for.has(number)) {
      libc_sigaction()(number, &asked_for.get(number), nullptr);
    } else if (now.sa_handler != SIG_DFL) {
      libc_sigaction()(number, &usual, nullptr);
    }
  }
  ::pthread_sigmask(SIG_SETMASK, &asked_for.mask(), nullptr);
}

}  // namespace tusk::php::process
