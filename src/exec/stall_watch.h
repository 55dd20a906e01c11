// StallWatch: notices that requests wait for too long while no worker takes any.
//
// Owner: the WorkerPool. Threads: check() the watchdog, the others any.
#pragma once

#include <atomic>
#include <cstddef>

#include "base/clock.h"

namespace tusk::exec {

// From outside, a worker that hangs looks like one that runs a slow script. In both cases no client
// is served meanwhile.
class StallWatch {
 public:
  enum class Change { kNone, kStalled, kRecovered };

  explicit StallWatch(base::Duration bound) : bound_(bound) {}  // zero: never

  // `waiting` requests are in the queue now, and `taken` have been taken from it since the start.
  Change check(base::MonotonicTime now, std::size_t waiting, std::size_t taken);

  void change(base::Duration bound) { bound_.store(bound, std::memory_order_relaxed); }

  // How long no request has been taken; zero: not stalled.
  base::Duration stalled_for(base::MonotonicTime now) const;

 private:
  std::atomic<base::Duration> bound_;  // a reload changes it
  std::size_t taken_ = 0;
  base::MonotonicTime last_progress_{};  // not set before the first check
  // The same as last_progress_ while stalled, otherwise zero.
  std::atomic<base::MonotonicTime> since_{base::MonotonicTime{}};
};

}  // namespace tusk::exec
