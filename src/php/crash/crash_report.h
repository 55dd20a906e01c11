// report_crash: writes a line to the log when a thread gets a fatal signal, or when a library gives
// the process up. The line says which request the thread ran, and where in the code it was.
//
// Async-signal-safe. Thread: any.
#pragma once

#include <cstdint>
#include <string_view>

#include "exec/job.h"
#include "php/crash/containment.h"

namespace tusk::php::crash {

struct CrashFacts {
  std::string_view message;  // of the line
  std::string_view cause;    // "SIGSEGV", "abort()"
  std::string_view detail;   // an assertion, or empty
  bool has_address = false;
  std::uintptr_t address = 0;      // of the fault
  Interrupted at;                  // where the backtrace begins
  const exec::Job* job = nullptr;  // null: no request runs on this thread
};

// Loads what the backtrace needs. Main, once, not in a handler.
void prepare_crash_reports();

void report_crash(const CrashFacts& facts) noexcept;

// The request's path without the query, which may contain secrets.
std::string_view path_of(const exec::Job& job) noexcept;

}  // namespace tusk::php::crash
