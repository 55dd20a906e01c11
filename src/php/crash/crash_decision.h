// crash_decision: what becomes of a thread that runs scripts when it gets a fatal signal, or when a
// library gives the process up. It is parked if that is enough (php/crash/containment.h), otherwise
// the process ends (observe/crash/crash_handler.h).
//
// Threads: contain_crashes() main, once; the rest any.
#pragma once

#include <cstdint>
#include <string_view>

namespace tusk::php::crash {

// Installs the crash handler with this decision. Call it after libphp and its extensions are
// loaded.
void contain_crashes();

// Called for a library that gives the process up: logs it, and parks the thread if that is
// possible. If it returns, the process must end.
struct LibraryExit {
  std::string_view what;    // "abort()"
  std::string_view detail;  // an assertion, or empty
  std::uintptr_t caller = 0;
  bool php_may_park = false;  // park also if libphp is the caller
};
void on_library_exit(const LibraryExit& how) noexcept;

}  // namespace tusk::php::crash
