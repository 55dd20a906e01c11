// DrainDelay: the time between being told to end and the drain. tusk is not ready then, and goes on
// accepting connections: load balancers need some seconds to see that it is not ready.
//
// Owner: Serving. Thread: main.
#pragma once

#include <functional>
#include <utility>

#include "base/clock.h"
#include "net/loop.h"
#include "net/timer.h"

namespace tusk::app {

class DrainDelay {
 public:
  explicit DrainDelay(net::Loop& loop) : timer_(loop) {}

  // Calls `over` after the delay.
  void begin(base::Duration delay, std::move_only_function<void()> over) {
    under_way_ = true;
    timer_.after(delay, std::move(over));
  }
  // The supervisor has announced a drain and will say when the delay is over.
  void begin_until_told() {
    under_way_ = true;
    announced_ = true;
    timer_.cancel();
  }
  void end() { timer_.cancel(); }

  bool under_way() const { return under_way_; }
  bool announced() const { return announced_; }

 private:
  net::Timer timer_;
  bool under_way_ = false;
  bool announced_ = false;
};

}  // namespace tusk::app
