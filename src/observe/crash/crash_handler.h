// crash_handler: what happens at a fatal signal (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT): the
// crash is recorded for the supervisor, or a line in the log says where it happened; then the
// process ends by the same signal, with a core dump where those are enabled. Code that runs scripts
// may decide that only a thread must stop (php/crash/crash_decision.h).
//
// Sanitizers have handlers of their own, so nothing is installed there.
//
// Threads: install_crash_handler() main; the handler any.
#pragma once

#include <string_view>

#include <signal.h>

#include "observe/crash/crash_recorder.h"
#include "observe/crash/crash_report.h"

namespace tusk::observe::crash {

inline constexpr std::string_view kEndMessage = "the process crashes: its memory may be damaged";

// Called in the handler, on the thread that has crashed, once the facts are recorded; adds to them
// what it knows of the thread's script. True: the thread goes on, and the log says why. A thread
// that stops for ever does not return. Async-signal-safe.
using CrashDecision = bool (*)(int signal, const siginfo_t& info, CrashFacts& facts) noexcept;

// Null: each crash ends the process. Call it again when libraries have been loaded, of which a
// report should know the names.
void install_crash_handler(CrashDecision decision = nullptr);
// Call it in a process that a script forked: signals have their default effect again.
void remove_crash_handler() noexcept;
// The same handlers, in a worker process that a PHP host has forked. Its main, before it runs
// scripts.
void adopt_crash_handler() noexcept;
// Whether this is the process that installed the handlers, and not one that a library has forked.
bool has_crash_handler() noexcept;

// --- for a CrashDecision, and for what else knows that the process must end ---

// Raised by the processor, and not by kill() or the like.
bool is_fault(const siginfo_t& info) noexcept;
// The supervisor reports the end of the process; without one, the process does.
void report_end(const CrashFacts& facts, const CrashSignal& signal) noexcept;

}  // namespace tusk::observe::crash
