// PHP's globals: of each thread in a thread-safe PHP (ZTS), of the process in another (NTS).
//
//   thread_globals_zts.cc  compiled for a thread-safe PHP
//   thread_globals_nts.cc  compiled for another
//
// Owner: the Runtime. Thread: as each function says.
#pragma once

#include "php/zend.h"

namespace tusk::php::compatibility {

// "ZTS" or "NTS", as PHP's own programs call it.
inline constexpr const char* kThreadSafety = kIsThreadSafe ? "ZTS" : "NTS";

// --- main ---
// Before anything else of PHP. False: it is impossible.
bool start_thread_globals(int threads) noexcept;
void end_thread_globals() noexcept;
// Module start-up is complete: from now on workers run scripts, and this thread never does.
void leave_start_thread() noexcept;

// --- any thread ---
// Whether a thread can get globals. Without thread safety there is one place.
bool has_place() noexcept;

// --- the thread itself ---
void take_globals() noexcept;
// PHP may report an error while take_globals() makes them, such as of a directive that an extension
// does not know. Whoever is called then finds the globals after this.
void find_globals() noexcept;
void free_globals() noexcept;
// Async-signal-safe.
bool has_globals() noexcept;
zend_executor_globals& executor_globals_here() noexcept;
// The globals of an extension. Null: it has none.
void* globals_of(const zend_module_entry& module) noexcept;

}  // namespace tusk::php::compatibility
