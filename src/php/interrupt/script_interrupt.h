// Ends a script between two of its instructions once a time limit has passed
// (php/interrupt/time_limits.h).
//
// PHP calls zend_interrupt_function when EG(vm_interrupt) is set: between instructions, after a C
// function that a script called, and after a function that C code called back. The last may be
// anywhere inside a library, so a bailout from there would leave open for ever what the library's
// callers have opened (mysqlnd takes its sockets out of EG(regular_list), libpq's are its own). So
// the script ends as by exit(): zend_throw_unwind_exit() throws an exception that no catch and no
// finally block sees. C functions treat it as an exception, clean up, and return.
//
// Thread: the worker.
#pragma once

namespace tusk::php::interrupt {

// Replaces zend_interrupt_function. Main, at module start-up, before OPcache's JIT reads it.
void install_interrupt_handler() noexcept;

// Ends the script as exit() does, whatever it was doing. Bails out if there is no frame to unwind.
void unwind_script();

}  // namespace tusk::php::interrupt
