// crash_handler: what happens at a fatal signal (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT): a line
// in the log says where it happened, then the thread is parked if that is enough
// (php/crash/containment.h), otherwise the process ends by the same signal, with a core dump where
// those are enabled.
//
// Sanitizers have handlers of their own, so nothing is installed there.
//
// Threads: install_crash_handler() main, once; the handler any.
#pragma once

#include <string_view>

#include "php/crash/containment.h"

namespace tusk::php::crash {

// Call it after libphp and its extensions are loaded.
void install_crash_handler();
// Call it in a process that a script forked: signals have their default effect again.
void remove_crash_handler() noexcept;
// The same, in a worker process that a PHP host has forked. Its main, before it runs scripts.
void adopt_crash_handler() noexcept;
// Whether this is the process that installed the handlers, and not one that a library has forked.
bool has_crash_handler() noexcept;

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
