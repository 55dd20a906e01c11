// Elasticity: when a pool gets more workers, and when it needs one less.
//
// Only decisions; times and numbers are arguments. Owner: a WorkerPool. Thread: the watchdog.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "base/clock.h"

namespace tusk::exec::pool {

// A pool grows when requests have waited for kPatience while no worker was idle or about to serve,
// by half of its workers at most, but not by more than there are requests. It shrinks by one when
// for the whole cooling time at least one worker was idle whenever this looked. Each change begins
// both times anew, so that a change never causes the next one.
class Elasticity {
 public:
  static constexpr base::Duration kPatience = std::chrono::milliseconds(50);

  struct Limits {
    std::size_t least = 1;
    std::size_t most = 1;
    base::Duration cooling_time{};
  };
  struct Load {
    std::size_t waiting = 0;   // requests in the queue
    std::size_t idle = 0;      // workers
    std::size_t workers = 0;   // all that serve or are about to
    std::size_t starting = 0;  // those that are about to
  };

  explicit Elasticity(Limits limits) : limits_(limits) {}

  bool is_fixed() const { return limits_.most <= limits_.least; }

  // How many workers to add; below zero: to retire.
  int look(const Load& load, base::MonotonicTime now) {
    const bool is_short = load.waiting > 0 && load.idle == 0 && load.starting == 0;
    if (!is_short) short_since_ = now;
    if (load.idle == 0 || load.waiting > 0) spare_since_ = now;
    if (now - short_since_ >= kPatience && load.workers < limits_.most) {
      begin(now);
      const std::size_t step = std::max<std::size_t>(load.workers / 2, 1);
      return static_cast<int>(std::min({step, load.waiting, limits_.most - load.workers}));
    }
    if (now - spare_since_ >= limits_.cooling_time && load.workers > limits_.least) {
      begin(now);
      return -1;
    }
    return 0;
  }
  // Both times begin now.
  void begin(base::MonotonicTime now) { short_since_ = spare_since_ = now; }

 private:
  const Limits limits_;
  base::MonotonicTime short_since_{};
  base::MonotonicTime spare_since_{};
};

}  // namespace tusk::exec::pool
