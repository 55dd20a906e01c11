// let_go_of: frees what others wait for and a thread that has stopped for ever
// (php/crash/containment.h) would keep: the lock of its visitor's session, its transactions.
//
// Its descriptors stay open, since libraries may share them among threads (SQLite's), but its files
// are unlocked and its sockets shut down, so that a database sees that nobody is there. SQLite's
// transactions are rolled back. System V semaphores stay taken; of memory see
// php/crash/stopped_heap.h.
//
// Thread: the watchdog, once its worker has stopped.
#pragma once

#include "php/script_thread.h"

namespace tusk::php::crash {

void let_go_of(ScriptThread& stopped) noexcept;

}  // namespace tusk::php::crash
