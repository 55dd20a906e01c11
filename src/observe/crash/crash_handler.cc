#include "observe/crash/crash_handler.h"

#include <atomic>
#include <cerrno>

#include <dlfcn.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/process/sanitizer_build.h"
#include "observe/crash/module_map.h"
#include "observe/log.h"

namespace tusk::observe::crash {

namespace {

constexpr int kFatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

std::atomic<pid_t> handled_process{0};
std::atomic<CrashDecision> crash_decision{nullptr};

// libc's function: a program with PHP has its own, which records what scripts ask for
// (php/process/signals.cc).
decltype(::sigaction)* libc_sigaction() noexcept {
  static const auto function =
      reinterpret_cast<decltype(::sigaction)*>(::dlsym(RTLD_NEXT, "sigaction"));
  return function;
}

std::string_view name_of(int signal) noexcept {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV";
    case SIGBUS:
      return "SIGBUS";
    case SIGFPE:
      return "SIGFPE";
    case SIGILL:
      return "SIGILL";
    default:
      return "SIGABRT";
  }
}

// The signal is blocked until the handler has returned, and then ends the process.
void end_by(int signal) noexcept {
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  libc_sigaction()(signal, &usual, nullptr);
  ::syscall(SYS_tgkill, ::getpid(), ::syscall(SYS_gettid), signal);
}

// The signal that the process ends by.
std::atomic<int> ending_signal{0};

// A report must not hold the process: whatever a handler waits for, the process ends by its signal.
constexpr long kReportPatienceS = 5;

void on_report_hangs(int /*number*/) noexcept {
  const int signal = ending_signal.load(std::memory_order_relaxed);
  end_by(signal);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
}

// SIGALRM is libc's and the kernel's here: this program's own alarm() and setitimer() record what
// scripts ask for (php/process/signals.cc).
void limit_report(int signal) noexcept {
  ending_signal.store(signal, std::memory_order_relaxed);
  struct sigaction action{};
  action.sa_handler = on_report_hangs;
  libc_sigaction()(SIGALRM, &action, nullptr);
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  ::pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
  itimerval limit{};
  limit.it_value.tv_sec = kReportPatienceS;
  ::syscall(SYS_setitimer, ITIMER_REAL, &limit, nullptr);
}

// Adds what is known of the thread's script, and asks whether the thread goes on.
bool goes_on(int signal, const siginfo_t& info, CrashFacts& facts) noexcept {
  const CrashDecision decision = crash_decision.load(std::memory_order_relaxed);
  return decision != nullptr && decision(signal, info, facts);
}

// The first step needs nothing of the process but the stack that the handler runs on.
void on_fatal_signal(int signal, siginfo_t* info, void* context) noexcept {
  if (!has_crash_handler()) return end_by(signal);
  const bool fault = is_fault(*info);
  CrashFacts facts{.message = kEndMessage,
                   .cause = name_of(signal),
                   .detail = {},
                   .has_address = fault,
                   .address = reinterpret_cast<std::uintptr_t>(info->si_addr),
                   .at = interrupted_at(context),
                   .script = {}};
  const CrashSignal raised{.number = signal,
                           .code = info->si_code,
                           .sender = fault ? 0 : info->si_pid,
                           .context = context};
  begin_record(facts, raised);
  const int saved_errno = errno;
  facts.detail = fault ? "" : "sent by a process";
  if (!goes_on(signal, *info, facts)) {
    facts.message = kEndMessage;
    report_end(facts, raised);
    end_by(signal);
  }
  errno = saved_errno;
}

}  // namespace

bool is_fault(const siginfo_t& info) noexcept { return info.si_code > 0; }

void report_end(const CrashFacts& facts, const CrashSignal& signal) noexcept {
  limit_report(signal.number != 0 ? signal.number : SIGABRT);
  if (record_crash(facts, signal) == Recorded::kNowhere) return report_crash(facts);
  emergency_flush();
}

void install_crash_handler(CrashDecision decision) {
  if (TUSK_SANITIZER_BUILD) return;
  ModuleMap::refresh();
  prepare_crash_reports();
  crash_decision.store(decision, std::memory_order_relaxed);
  handled_process.store(::getpid(), std::memory_order_relaxed);
  struct sigaction action{};
  action.sa_sigaction = on_fatal_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  for (const int signal : kFatal) libc_sigaction()(signal, &action, nullptr);
}

void remove_crash_handler() noexcept {
  if (handled_process.exchange(0, std::memory_order_relaxed) == 0) return;
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  for (const int signal : kFatal) libc_sigaction()(signal, &usual, nullptr);
}

// fork() has copied the handlers.
void adopt_crash_handler() noexcept {
  if (TUSK_SANITIZER_BUILD) return;
  handled_process.store(::getpid(), std::memory_order_relaxed);
}

bool has_crash_handler() noexcept {
  return handled_process.load(std::memory_order_relaxed) == ::getpid();
}

}  // namespace tusk::observe::crash
