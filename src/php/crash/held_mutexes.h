// held_mutexes: how many mutexes and read-write locks of libc's the calling thread holds.
//
// A thread that is to stop for ever (php/crash/containment.h) must hold nothing that others wait
// for, and libraries lock what they like: ICU its caches, OpenSSL its tables, PHP its thread
// manager. So the executable stands in front of libc's functions and counts. Locks inside libc
// (malloc's, stdio's) do not come by here: who is inside libc is not stopped at all.
//
// Thread: the calling one. Async-signal-safe. Always 0 under sanitizers.
#pragma once

namespace tusk::php::crash {

int held_mutexes() noexcept;

}  // namespace tusk::php::crash
