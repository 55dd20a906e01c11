// RestartDelay: how long to wait before a server process is started again.
//
// A process that served for a while is replaced at once. One that fails at its start, again and
// again, is started less and less often, so that it does not keep a core busy.
//
// Owner: the Supervisor, one for each process. Thread: its loop. A value without a clock.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/clock.h"

namespace tusk::supervisor {

class RestartDelay {
 public:
  // A process that has served for this long did not fail at its start.
  static constexpr base::Duration kServedLongEnough = std::chrono::seconds(1);
  static constexpr base::Duration kFirst = std::chrono::milliseconds(100);
  static constexpr base::Duration kMost = std::chrono::seconds(30);

  // The process has ended; `served` is the time since it became ready, zero if it never did.
  // Returns how long to wait before the next start.
  base::Duration after_end(base::Duration served) {
    if (served >= kServedLongEnough) {
      next_ = kFirst;
      return base::Duration::zero();
    }
    const base::Duration delay = next_;
    next_ = std::min(next_ * 2, kMost);
    return delay;
  }

 private:
  base::Duration next_ = kFirst;
};

}  // namespace tusk::supervisor
