// held_mutexes: how many of libc's mutexes and read-write locks the calling thread holds.
//
// A thread that will stop for ever (php/crash/containment.h) must hold nothing that others wait
// for, and libraries lock freely: ICU its caches, OpenSSL its tables, PHP its thread manager. So
// the executable replaces libc's functions and counts. Locks inside libc (malloc's, stdio's) do not
// pass here: a thread inside libc is never stopped.
//
// Thread: the calling one. Async-signal-safe. Always 0 under sanitizers.
#pragma once

namespace tusk::php::crash {

int held_mutexes() noexcept;

}  // namespace tusk::php::crash
