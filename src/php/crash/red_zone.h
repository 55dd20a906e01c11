// RedZone: lets a function of libc's end that ran out of stack, so that its thread can be stopped.
//
// A library that recurses calls malloc() and free() at every depth, so the call that finds the
// stack full is often one of theirs, with the heap's lock in its hands. To stop the thread there
// would stop all threads. So a part of the stack's guard is made usable, the return address of the
// library's call is replaced, and the function goes on: when it returns, it comes to park()
// instead.
//
// x86-64 only, and on a thread's own stack only: below a fiber's guard is other memory. Elsewhere
// such an overflow ends the process.
//
// Thread: a handler of a fatal signal, on the worker's alternate stack.
#pragma once

#include <cstdint>

namespace tusk::php::crash {

// `low` is the end of the stack, below which its guard is. False: it cannot be done.
bool open_red_zone(std::uintptr_t low) noexcept;

}  // namespace tusk::php::crash
