#include "php/crash/crash_decision.h"

#include <optional>

#include <signal.h>

#include "observe/crash/crash_handler.h"
#include "observe/crash/module_map.h"
#include "php/crash/containment.h"
#include "php/crash/script_facts.h"

namespace tusk::php::crash {

namespace {

using observe::crash::CodeOwner;
using observe::crash::CrashFacts;
using observe::crash::Interrupted;
using observe::crash::ModuleMap;

constexpr std::string_view kParkedMessage = "a request has crashed: its thread is stopped for ever";

// Addresses below this come from a null pointer.
constexpr std::uintptr_t kNullPage = 4096;

bool may_park(const Containment* thread, int signal, const siginfo_t& info,
              const Interrupted& at) noexcept {
  if (thread == nullptr || !observe::crash::is_fault(info) || !thread->may_park(at)) return false;
  if (signal == SIGFPE) return true;
  const auto address = reinterpret_cast<std::uintptr_t>(info.si_addr);
  if (signal != SIGSEGV && signal != SIGBUS) return false;
  return address < kNullPage || thread->is_overflow(address, at.stack);
}

enum class CrashAction : std::uint8_t { kEnd, kPark, kParkLater };

CrashAction decide(Containment* thread, int signal, const siginfo_t& info, const Interrupted& at,
                   bool overflow) noexcept {
  if (may_park(thread, signal, info, at)) return CrashAction::kPark;
  if (overflow && thread->may_park_later()) return CrashAction::kParkLater;
  return CrashAction::kEnd;
}

std::optional<observe::crash::ScriptFacts> script_of(const Containment* thread) noexcept {
  const exec::Job* const job = thread != nullptr ? thread->job() : nullptr;
  if (job == nullptr) return std::nullopt;
  return script_facts(*job);
}

// Decides, and reports a thread that is parked. False: the process ends.
bool contain(int signal, const siginfo_t& info, CrashFacts& facts) noexcept {
  Containment* const thread = Containment::current();
  const bool overflow = observe::crash::is_fault(info) && (signal == SIGSEGV || signal == SIGBUS) &&
                        thread != nullptr && thread->is_overflow(facts.address, facts.at.stack);
  if (overflow) facts.detail = "the stack is full";
  facts.script = script_of(thread);
  const CrashAction action = decide(thread, signal, info, facts.at, overflow);
  if (action == CrashAction::kEnd) return false;
  facts.message = kParkedMessage;
  observe::crash::report_crash(facts);
  if (action == CrashAction::kPark) {
    observe::crash::drop_record();
    thread->park();
  }
  if (!thread->park_later()) return false;
  observe::crash::drop_record();
  return true;
}

}  // namespace

void contain_crashes() {
  observe::crash::install_crash_handler(contain);
  if (Containment::is_enabled()) Containment::install();
}

void on_library_exit(const LibraryExit& how) noexcept {
  Containment* const thread = Containment::current();
  const CodeOwner owner = ModuleMap::owner_of(how.caller);
  const bool trusted =
      owner == CodeOwner::kLibrary || (how.php_may_park && owner == CodeOwner::kPhp);
  const bool goes_on = trusted && Containment::is_enabled() && thread != nullptr &&
                       thread->job() != nullptr && thread->holds_no_mutex();
  const CrashFacts facts{.message = goes_on ? kParkedMessage : observe::crash::kEndMessage,
                         .cause = how.what,
                         .detail = how.detail,
                         .at = {.code = how.caller, .stack = 0},
                         .script = script_of(thread)};
  if (!goes_on) return observe::crash::report_end(facts, {});
  observe::crash::report_crash(facts);
  thread->park();
}

}  // namespace tusk::php::crash
