// RedZone: lets a function of libc return after a stack overflow, so that its thread can be
// stopped.
//
// A library that recurses calls malloc() and free() at every depth, so the call that finds the
// stack full is often one of theirs, while it holds the heap's lock. Stopping the thread there
// would stop all threads. So a part of the stack's guard is made usable, the return address of the
// library's call is replaced, and the function continues: when it returns, the thread is stopped.
//
// Only on x86-64, and only on a thread's own stack, because below a fiber's guard is other memory.
// Elsewhere such an overflow ends the process.
//
// Thread: a handler of a fatal signal, on the worker's alternate stack.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tusk::php::crash {

// How much of the guard is made usable: several times what functions of libc need at most, and a
// quarter of the guard (exec/worker.cc).
inline constexpr std::size_t kRedZoneBytes = 256 * 1024;

using StopThread = void (*)() noexcept;

// `low` is the end of the stack; its guard is below that. `stop` is called in place of the function
// that has called libc, and does not return. False: it is impossible.
bool open_red_zone(std::uintptr_t low, StopThread stop) noexcept;

}  // namespace tusk::php::crash
