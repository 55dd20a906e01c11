#include <atomic>

#include "php/compatibility/thread_globals.h"

namespace tusk::php::compatibility {

#ifdef ZEND_CHECK_STACK_LIMIT
// PHP's own declaration of zend_call_stack_init() (Zend/zend_call_stack.h) has the linkage of C++.
void note_call_stack() noexcept __asm__("zend_call_stack_init");
#endif

namespace {

std::atomic<bool> place_is_taken{false};
constinit thread_local bool is_of_this_thread = false;

}  // namespace

bool start_thread_globals(int /*threads*/) noexcept {
  is_of_this_thread = true;
  return true;
}

void end_thread_globals() noexcept { is_of_this_thread = false; }

void leave_start_thread() noexcept { is_of_this_thread = false; }

bool has_place() noexcept { return !place_is_taken.load(std::memory_order_relaxed); }

void take_globals() noexcept {
  place_is_taken.store(true, std::memory_order_relaxed);
  is_of_this_thread = true;
  // A worker process is a fork of the host, which has started PHP.
  renew_heap_secret();
#ifdef ZEND_SIGNALS
  // Otherwise each request begins with PHP's own handlers for seven signals
  // (zend_signal_activate()), which cost a system call each. A script has no signals of the process
  // (php/process/signals.h).
  SIGG(reset) = false;
#endif
#ifdef ZEND_CHECK_STACK_LIMIT
  // PHP has noted the stack of the thread that started it.
  note_call_stack();
#endif
}

void find_globals() noexcept {}

void free_globals() noexcept {
  is_of_this_thread = false;
  place_is_taken.store(false, std::memory_order_relaxed);
}

bool has_globals() noexcept { return is_of_this_thread; }

zend_executor_globals& executor_globals_here() noexcept { return executor_globals; }

void* globals_of(const zend_module_entry& module) noexcept { return module.globals_ptr; }

}  // namespace tusk::php::compatibility
