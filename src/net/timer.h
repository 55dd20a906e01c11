// Timer: calls a function on the loop after a delay.
//
// Owner: the component that waits. Thread: the loop's.
#pragma once

#include <functional>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "base/clock.h"
#include "net/loop.h"

namespace tusk::net {

// One function at a time: a second after() replaces the first. cancel() and the destructor drop it.
class Timer {
 public:
  explicit Timer(Loop& loop) : timer_(loop.io()) {}

  void after(base::Duration delay, std::move_only_function<void()> expired) {
    timer_.expires_after(delay);
    timer_.async_wait(
        [expired = std::move(expired)](const boost::system::error_code& error) mutable {
          if (!error) expired();
        });
  }
  void cancel() { timer_.cancel(); }

 private:
  boost::asio::steady_timer timer_;
};

}  // namespace tusk::net
