// SharedLock: OPcache's lock between the processes of a PHP host, and its end with the code that
// took it.
//
// Owner: the process. Thread: find() main, after module start-up; the rest a worker process's.
#pragma once

namespace tusk::php::opcache {

// OPcache writes to its memory under a record lock of its lock file, and allocates from PHP's heap
// meanwhile. If memory_limit stops it there, it unlocks at the end of the request
// (accel_post_deactivate()): until then, while shutdown functions run, every other worker that has
// something to cache would wait. So a bailout unlocks (php/bailout/bailout.cc).
// php/bailout/held_locks.h says why the data tolerates that; the unlock at the end of the request
// finds nothing to do.
class SharedLock {
 public:
  // In a PHP host. Otherwise the lock is not touched: a mutex is what threads wait for.
  static void find() noexcept;
  // Frames that have taken it are abandoned. Call it only if no other frame can have it.
  static void release_abandoned() noexcept;
};

}  // namespace tusk::php::opcache
