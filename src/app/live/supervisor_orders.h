// SupervisorOrders: passes orders that the internal server has got to this process's supervisor,
// through its control socket.
//
// Owner: the app. Thread: pass() any; answers come on the object's own threads.
#pragma once

#include <functional>
#include <string>

#include "base/background_thread.h"
#include "base/clock.h"

namespace tusk::app::live {

class SupervisorOrders {
 public:
  // Why it has not been done; empty: it has.
  using Done = std::move_only_function<void(std::string reason)>;

  // The path of the control socket. "auto" is none: it may lead to another tusk.
  explicit SupervisorOrders(std::string control_socket)
      : control_socket_(std::move(control_socket)) {}

  // Passes a line of supervisor/control_protocol.h. False: too many wait.
  bool pass(std::string line, Done done);
  // False: one still waits for its answer.
  bool stop(base::Duration timeout);

 private:
  static constexpr std::size_t kMaxWaiting = 8;

  const std::string control_socket_;
  base::BackgroundThread reloads_{"tusk-reloads", kMaxWaiting};
  // A stop must not wait for a reload that takes long.
  base::BackgroundThread others_{"tusk-orders", kMaxWaiting};
};

}  // namespace tusk::app::live
