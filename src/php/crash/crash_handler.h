// crash_handler: what a fatal signal (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) does: a line in the
// log that says where, then a parked thread where that is enough (php/crash/containment.h), else
// the end of the process by that very signal, with a core dump where those are wanted.
//
// Sanitizers have handlers of their own: there nothing is installed.
//
// Threads: install() main, once; the handler any.
#pragma once

#include <string_view>

#include "php/crash/containment.h"

namespace tusk::php::crash {

// After libphp and its extensions are loaded.
void install_crash_handler();
// In a process that a script forked: signals have their default effect again.
void remove_crash_handler() noexcept;
// Whether this is the process that they were installed in: not one that a library has forked.
bool has_crash_handler() noexcept;

// By a library that gives the process up: logs it, and parks the thread where that may be. Returns
// where the process must end.
struct GivenUp {
  std::string_view what;    // "abort()"
  std::string_view detail;  // an assertion, or empty
  std::uintptr_t caller = 0;
  bool php_may = false;  // park also where libphp is the caller
};
void library_gives_up(const GivenUp& how) noexcept;

}  // namespace tusk::php::crash
