// OpcacheLock: keeps OPcache from restarting while this process uses its cache.
//
// Owner: OpcacheRestart. Thread: any, one at a time.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"

namespace tusk::php::opcache {

// OPcache restarts at the start of a request if no process holds a record lock on byte 1 of its
// lock file (accel_is_inactive() in ext/opcache/ZendAccelerator.c). OPcache's own locks belong to
// the process: between threads they never conflict, and any thread releases those of all. A lock of
// an open file description (fcntl F_OFD_SETLK) conflicts with both and does not depend on a thread,
// so it stands for all threads. It has no process id either: opcache.force_restart_timeout, which
// kills the holder of the lock, finds no process to kill.
// A process that shares the cache by OPcache's own locks has none of these locks.
class OpcacheLock {
 public:
  // Finds OPcache's lock file among this process's descriptors and locks it. `directory` is
  // opcache.lockfile_path.
  static base::Result<OpcacheLock> take(std::string_view directory);
  // The open files that may be OPcache's.
  static std::vector<int> find_files(std::string_view directory);

  // False: another process holds the lock (a child of pcntl_fork()), and nothing was released.
  bool release();
  // Call it after a release() that returned true.
  base::Result<void> take_back();

 private:
  explicit OpcacheLock(std::vector<int> descriptors) : descriptors_(std::move(descriptors)) {}
  std::vector<int> descriptors_;  // OPcache's; more than one only if the names are ambiguous
};

}  // namespace tusk::php::opcache
