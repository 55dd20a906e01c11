// OpcacheLock: keeps OPcache from restarting while this process uses its cache.
//
// OPcache restarts at the start of a request, if no process holds a record lock on byte 1 of its
// lock file (accel_is_inactive() in ext/opcache/ZendAccelerator.c). Its own locks belong to the
// process: between threads they never conflict, and any thread drops those of all. A lock of an
// open file description (fcntl F_OFD_SETLK) belongs to nobody and conflicts with both, so it speaks
// for all threads. It has no process id either: opcache.force_restart_timeout, which kills who
// holds the lock, finds nobody to kill.
//
// Owner: OpcacheRestart. Thread: one at a time.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"

namespace tusk::php::opcache {

class OpcacheLock {
 public:
  // Finds OPcache's lock file among this process's descriptors and locks it. `directory` is
  // opcache.lockfile_path.
  static base::Result<OpcacheLock> take(std::string_view directory);

  // False: another process holds it (a child of pcntl_fork()); then nothing is released.
  bool release();
  // To be called after a release() that was true.
  base::Result<void> take_back();

 private:
  explicit OpcacheLock(std::vector<int> descriptors) : descriptors_(std::move(descriptors)) {}
  std::vector<int> descriptors_;  // OPcache's; more than one only if the names are ambiguous
};

}  // namespace tusk::php::opcache
