// Signals: the process's signals, handled on the loop.
//
// Owner: app::ServingSignals or the Supervisor. Thread: the loop's, which must have these signals
// unblocked.
#pragma once

#include <functional>
#include <initializer_list>
#include <utility>

#include <boost/asio/signal_set.hpp>

#include "net/loop.h"

namespace tusk::net {

// Calls a function on the loop when the process receives one of several signals.
class Signals {
 public:
  Signals(Loop& loop, std::initializer_list<int> signals) : signals_(loop.io()) {
    for (const int signal : signals) signals_.add(signal);
  }

  void add(int signal) { signals_.add(signal); }

  // Calls `raised` once, with the signal's number. A signal that arrived earlier counts.
  void wait(std::move_only_function<void(int)> raised) {
    signals_.async_wait(
        [raised = std::move(raised)](const boost::system::error_code& error, int signal) mutable {
          if (!error) raised(signal);
        });
  }

 private:
  boost::asio::signal_set signals_;
};

}  // namespace tusk::net
