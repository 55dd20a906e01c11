// report_crash: writes a line to the log when a thread gets a fatal signal, or when a library gives
// the process up. The line says where in the code the thread was, and which request it ran.
//
// Async-signal-safe. Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/process/crash_record.h"
#include "observe/crash/interrupted.h"

namespace tusk::observe::crash {

// The request whose script ran on a thread. The texts are borrowed.
struct ScriptFacts {
  std::uint64_t request = 0;  // its number
  std::string_view method;
  std::string_view host;
  std::string_view path;  // without the query, which may contain secrets
  std::string_view script;
  char request_id[129] = {};  // a copy, which ends with a NUL
  // Reads the PHP functions that the thread was in, the innermost first. Returns how many.
  std::size_t (*read_frames)(std::span<base::process::CrashedPhpFrame> frames) noexcept = nullptr;
};

struct CrashFacts {
  std::string_view message;  // of the line
  std::string_view cause;    // "SIGSEGV", "abort()"
  std::string_view detail;   // an assertion, or empty
  bool has_address = false;
  std::uintptr_t address = 0;         // of the fault
  Interrupted at;                     // where the backtrace begins
  std::optional<ScriptFacts> script;  // nothing: no request runs on this thread
};

// Loads what the backtrace needs. Main, once, not in a handler.
void prepare_crash_reports();

void report_crash(const CrashFacts& facts) noexcept;

}  // namespace tusk::observe::crash
