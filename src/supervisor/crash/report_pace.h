// ReportPace: how many crashes of worker processes are reported in full. A worker that crashes is
// replaced at once, so a script that always crashes would keep a processor busy with reports, and
// they would replace all others in the directory within seconds.
//
// Owner: the CrashReporter. Thread: its only one.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

#include "base/clock.h"

namespace tusk::supervisor::crash {

class ReportPace {
 public:
  static constexpr std::size_t kMost = 8;
  static constexpr base::Duration kWithin = std::chrono::minutes(1);

  // False: so many were taken within that time.
  bool take(base::MonotonicTime now) {
    while (!taken_.empty() && now - taken_.front() >= kWithin) taken_.pop_front();
    if (taken_.size() >= kMost) return false;
    taken_.push_back(now);
    return true;
  }

 private:
  std::deque<base::MonotonicTime> taken_;
};

}  // namespace tusk::supervisor::crash
