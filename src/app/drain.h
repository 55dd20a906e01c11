// Drain: how a server process comes to its end. First there may be a delay, in which it is not
// ready and goes on accepting connections: load balancers need some seconds to see that it is not
// ready. Then all loops drain.
//
// Owner: Serving. Thread: main, whose loop is the first.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "app/serving_loop.h"
#include "base/clock.h"
#include "exec/observation/profiler.h"
#include "net/timer.h"
#include "observe/scoreboard/own_place.h"
#include "supervisor/control.h"

namespace tusk::app {

class Drain {
 public:
  using Loops = std::vector<std::unique_ptr<ServingLoop>>;

  struct Times {
    base::Duration delay{};
    base::Duration timeout{};
  };

  // `place` shows the phase of the process. A profile that is being taken ends when the drain
  // begins: its client must not hold up the end.
  Drain(const Loops& loops, observe::OwnPlace& place, exec::observation::Profiler& profiler,
        Times times);

  // For a drain that begins later.
  void change(Times times) { times_ = times; }

  // The process has begun to serve. Before this call there is nothing to drain, so that a drain
  // ends the process at once.
  void begin_to_serve();
  bool has_served() const { return has_served_; }

  // Drains after the delay. The second call ends the delay.
  void begin_after_delay(std::string_view reason);
  // The supervisor has announced a drain and will say when the delay is over.
  void announce();
  bool announced() const { return announced_; }
  // Again with DrainCause::kEnds: idle connections are closed sooner.
  void begin(std::string_view reason, supervisor::DrainCause cause = supervisor::DrainCause::kEnds);

  // The delay has begun.
  bool under_way() const { return under_way_ || draining(); }
  bool draining() const { return loops_.front()->server().draining(); }
  // Another process serves already, so that tusk as a whole is as ready as before.
  bool has_successor() const { return has_successor_; }

  // The longest time that all of it takes.
  base::Duration longest() const { return times_.delay + times_.timeout; }

 private:
  const Loops& loops_;
  observe::OwnPlace& place_;
  exec::observation::Profiler& profiler_;
  Times times_;
  net::Timer delay_;
  bool has_served_ = false;
  bool under_way_ = false;
  bool announced_ = false;
  bool has_successor_ = false;
};

}  // namespace tusk::app
