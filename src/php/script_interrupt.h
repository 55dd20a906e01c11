// What a script is told between two of its instructions: that a time is over (php/time_limits.h).
//
// PHP calls zend_interrupt_function when EG(vm_interrupt) is set: between instructions, after a C
// function that a script called, and after one that C code called back. The last of these may be
// anywhere inside a library, so that a bailout from there would leave what the library's callers
// have opened for ever (mysqlnd takes its sockets out of EG(regular_list), libpq's are its own). So
// the script ends as exit() ends one: zend_throw_unwind_exit(), which no catch and no finally block
// sees, and which C functions take for an exception, clean up, and return.
//
// Thread: the worker.
#pragma once

namespace tusk::php {

// Takes zend_interrupt_function. Main, at module start-up: before OPcache's JIT reads it.
void watch_interrupts() noexcept;

// Ends the script as exit() does, whatever it was doing. Bails out where there is no frame to
// unwind.
void unwind_script();

}  // namespace tusk::php
