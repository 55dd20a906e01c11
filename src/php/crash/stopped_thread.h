// release_resources_of: releases what a thread that has stopped for ever (php/crash/containment.h)
// would otherwise keep and others wait for: the lock of its visitor's session, its transactions.
//
// Its descriptors stay open, because libraries may share them among threads (SQLite does), but its
// files are unlocked and its sockets shut down, so that a database sees that the client is gone.
// SQLite's transactions are rolled back. System V semaphores stay taken. For memory see
// php/crash/stopped_heap.h.
//
// Thread: the watchdog, once the worker has stopped.
#pragma once

#include "php/script_thread.h"

namespace tusk::php::crash {

void release_resources_of(ScriptThread& stopped) noexcept;

}  // namespace tusk::php::crash
