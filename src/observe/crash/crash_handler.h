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

// Without a decision each crash ends the process. Call it again when libraries have been loaded, so
// that reports know their names.
void install_crash_handler(CrashDecision decision = nullptr);
// Call it in a process that a script forked: signals have their default effect again.
void remove_crash_handler() noexcept;
// Call it in a worker process that a PHP host has forked, on its only thread and before it runs
// scripts: it keeps the host's handlers.
void adopt_crash_handler() noexcept;
// Whether this is the process that installed the handlers, and not one that a library has forked.
bool has_crash_handler() noexcept;

// --- For a CrashDecision, and for code that finds by itself that the process must end ---

// Whether the processor has raised the signal, and not kill() or the like.
bool is_fault(const siginfo_t& info) noexcept;
// Records the crash for the supervisor, which reports it. Without a supervisor it writes the line.
void report_end(const CrashFacts& facts, const CrashSignal& signal) noexcept;

}  // namespace tusk::observe::crash
