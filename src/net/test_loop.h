// TestLoop: a loop for unit tests.
//
// Thread: the test's.
#pragma once

#include <cstddef>

#include <boost/asio/executor_work_guard.hpp>

#include "base/clock.h"
#include "net/loop.h"

namespace tusk::net {

// A loop whose handlers the test runs one by one.
class TestLoop : public Loop {
 public:
  // Waits for a handler and runs it.
  void run_one() { io().run_one(); }
  // Runs the handlers that are ready.
  std::size_t run_ready() { return io().poll(); }
  bool stopped() const { return stopped_; }
  // Moves now() forward. It stands still otherwise, since no round begins.
  void advance(base::Duration by) { now_ = now() + by; }

 private:
  // Keeps the loop alive, as a server's timers do: without work it would stop for good.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      boost::asio::make_work_guard(io())};
};

}  // namespace tusk::net
