#include "php/crash/crash_handler.h"

#include <atomic>
#include <cerrno>

#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "observe/log.h"
#include "php/crash/crash_recorder.h"
#include "php/crash/crash_report.h"
#include "php/crash/module_map.h"
#include "php/libc/libc_function.h"
#include "php/sanitizer_build.h"

namespace tusk::php::crash {

namespace {

constexpr int kFatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

constexpr std::string_view kParkedMessage = "a request has crashed: its thread is stopped for ever";
constexpr std::string_view kEndMessage = "the process crashes: its memory may be damaged";

// Addresses below this come from a null pointer.
constexpr std::uintptr_t kNullPage = 4096;

std::atomic<pid_t> handled_process{0};

// libc's function: this program's own records what scripts ask for (php/process/signals.cc).
decltype(::sigaction)* libc_sigaction() noexcept {
  static const auto function = libc::libc_function<decltype(::sigaction)>("sigaction");
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

// Raised by the processor, and not by kill() or the like.
bool is_fault(const siginfo_t& info) noexcept { return info.si_code > 0; }

bool may_park(const Containment* thread, int signal, const siginfo_t& info,
              const Interrupted& at) noexcept {
  if (thread == nullptr || !is_fault(info) || !thread->may_park(at)) return false;
  if (signal == SIGFPE) return true;
  const auto address = reinterpret_cast<std::uintptr_t>(info.si_addr);
  if (signal != SIGSEGV && signal != SIGBUS) return false;
  return address < kNullPage || thread->is_overflow(address, at.stack);
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

// The supervisor reports the end of the process; without one, the process does.
void report_end(const CrashFacts& facts, const CrashSignal& signal) noexcept {
  limit_report(signal.number != 0 ? signal.number : SIGABRT);
  if (record_crash(facts, signal) == Recorded::kNowhere) return report_crash(facts);
  observe::emergency_flush();
}

enum class CrashAction : std::uint8_t { kEnd, kPark, kParkLater };

CrashAction decide(Containment* thread, int signal, const siginfo_t& info, const Interrupted& at,
                   bool overflow) noexcept {
  if (may_park(thread, signal, info, at)) return CrashAction::kPark;
  if (overflow && thread->may_park_later()) return CrashAction::kParkLater;
  return CrashAction::kEnd;
}

// Decides, and reports. True: the process ends.
bool is_end(int signal, const siginfo_t& info, const CrashSignal& raised,
            CrashFacts& facts) noexcept {
  Containment* const thread = Containment::current();
  const bool fault = is_fault(info);
  const bool overflow = fault && (signal == SIGSEGV || signal == SIGBUS) && thread != nullptr &&
                        thread->is_overflow(facts.address, facts.at.stack);
  facts.detail = overflow ? "the stack is full" : !fault ? "sent by a process" : "";
  facts.job = thread != nullptr ? thread->job() : nullptr;
  const CrashAction action = decide(thread, signal, info, facts.at, overflow);
  if (action != CrashAction::kEnd) {
    facts.message = kParkedMessage;
    report_crash(facts);
    if (action == CrashAction::kPark) {
      drop_record();
      thread->park();
    }
    if (thread->park_later()) {
      drop_record();
      return false;
    }
  }
  facts.message = kEndMessage;
  report_end(facts, raised);
  return true;
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
                   .at = interrupted_at(context)};
  const CrashSignal raised{.number = signal,
                           .code = info->si_code,
                           .sender = fault ? 0 : info->si_pid,
                           .context = context};
  begin_record(facts, raised);
  const int saved_errno = errno;
  if (is_end(signal, *info, raised, facts)) end_by(signal);
  errno = saved_errno;
}

}  // namespace

void install_crash_handler() {
  if (TUSK_SANITIZER_BUILD) return;
  ModuleMap::refresh();
  prepare_crash_reports();
  handled_process.store(::getpid(), std::memory_order_relaxed);
  struct sigaction action{};
  action.sa_sigaction = on_fatal_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  for (const int signal : kFatal) libc_sigaction()(signal, &action, nullptr);
  if (Containment::is_enabled()) Containment::install();
}

void remove_crash_handler() noexcept {
  if (handled_process.exchange(0, std::memory_order_relaxed) == 0) return;
  Containment::detach();
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

void on_library_exit(const LibraryExit& how) noexcept {
  Containment* const thread = Containment::current();
  const CodeOwner owner = ModuleMap::owner_of(how.caller);
  const bool trusted =
      owner == CodeOwner::kLibrary || (how.php_may_park && owner == CodeOwner::kPhp);
  const bool goes_on = trusted && Containment::is_enabled() && thread != nullptr &&
                       thread->job() != nullptr && thread->holds_no_mutex();
  const CrashFacts facts{.message = goes_on ? kParkedMessage : kEndMessage,
                         .cause = how.what,
                         .detail = how.detail,
                         .at = {.code = how.caller, .stack = 0},
                         .job = thread != nullptr ? thread->job() : nullptr};
  if (!goes_on) return report_end(facts, {});
  report_crash(facts);
  thread->park();
}

}  // namespace tusk::php::crash
