// RecyclePace: how long a server process that asks to be replaced has to wait.
//
// A limit may be so low that each new process reaches it at once. Replacing them again and again
// would keep a core busy and help nobody. So only the first process that asks soon after its start
// is replaced at once; those that follow it have to serve for a minute, then two, up to an hour.
//
// Owner: a Generation, one for each place of a process; the process that takes the place of another
// gets its pace, too. Thread: the supervisor's only one. A value without a clock.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/clock.h"

namespace tusk::supervisor::recycling {

class RecyclePace {
 public:
  // Other code than a process has preloaded is not to be waited for longer than that.
  static constexpr base::Duration kMostForCode = std::chrono::minutes(1);
  // A process that asks earlier asks soon after its start.
  static constexpr base::Duration kSoon = std::chrono::minutes(1);
  static constexpr base::Duration kFirst = std::chrono::minutes(1);
  static constexpr base::Duration kMost = std::chrono::hours(1);

  // `served` is the time since the process became ready. Returns how long it must still serve.
  base::Duration after_request(base::Duration served, base::Duration most = kMost) {
    if (served >= kSoon) {
      least_ = base::Duration::zero();
      return base::Duration::zero();
    }
    const base::Duration delay = std::max(std::min(least_, most) - served, base::Duration::zero());
    lengthen();
    return delay;
  }

  // Its successor could not start. Returns how long to wait before the next one.
  base::Duration after_failed_start() {
    lengthen();
    return least_;
  }

 private:
  void lengthen() { least_ = std::clamp(least_ * 2, kFirst, kMost); }

  base::Duration least_{};  // that a process must serve
};

}  // namespace tusk::supervisor::recycling
