// QueueForecast: how long a new request would wait for a worker.
//
// Owner: a DispatchPool. Thread: the loop's.
#pragma once

#include <cstddef>

#include "base/clock.h"

namespace tusk::server::answers {

// A request that will wait too long is better refused at once: its client can go elsewhere, and
// those who wait already are served. The forecast is the length of the queue times the time in
// which workers have lately taken a request. A short queue says nothing about the future, so there
// is a forecast only when kLeastDepth requests wait and kLeastTaken were taken meanwhile. Until
// then the pace of the last long queue holds, if that was not longer than kKnownFor ago.
class QueueForecast {
 public:
  static constexpr std::size_t kLeastDepth = 16;
  static constexpr std::size_t kLeastTaken = 16;
  // The time that is looked at is this at least.
  static constexpr base::Duration kLeastTime = std::chrono::milliseconds(100);
  static constexpr base::Duration kKnownFor = std::chrono::seconds(10);

  // Whether a request that comes now would wait longer than `limit`. Also looks at the queue, so
  // call it for each request. `depth` requests wait; taken() gives the number of requests that
  // workers have ever taken, and is called only when the queue is long.
  template <class Taken>
  bool exceeds(base::Duration limit, std::size_t depth, base::MonotonicTime now, Taken taken) {
    if (depth < kLeastDepth) {
      looks_ = false;
      return false;
    }
    return expected_wait({.at = now, .taken = taken()}, depth, limit) > limit - limit / 8;
  }

 private:
  struct Mark {
    base::MonotonicTime at;
    std::size_t taken;
  };
  base::Duration expected_wait(Mark now, std::size_t depth, base::Duration limit);
  base::Duration known_pace(base::MonotonicTime now) const {
    return now - pace_known_at_ < kKnownFor ? pace_ : base::Duration{};
  }

  bool looks_ = false;     // the queue has been long since begin_
  Mark begin_{};           // of the time that is looked at
  Mark next_{};            // its begin, when it becomes too long
  base::Duration pace_{};  // the time in which workers take a request; zero: not known
  base::MonotonicTime pace_known_at_{};
};

}  // namespace tusk::server::answers
