// ReadinessNotifier: the protocol of sd_notify(3).
//
// Owner: app::Serving or the Supervisor. Thread: main makes it, before there are others; notify()
// any.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace tusk::net {

// The message of a process that ends. A process manager that would wait less than `at_most` waits
// for that long (EXTEND_TIMEOUT_USEC).
std::string stopping_state(base::Duration at_most);

// Reports the server's state to its supervisor by the protocol of sd_notify(3): datagrams to the
// socket in NOTIFY_SOCKET. Without that variable it does nothing.
class ReadinessNotifier {
 public:
  // Removes the variable from the environment, so that no script or child process reports anything.
  static ReadinessNotifier from_environment();

  // "READY=1" or "STOPPING=1", optionally followed by "\nSTATUS=...". A message that cannot be
  // delivered is lost.
  void notify(std::string_view state) const;

 private:
  std::string path_;  // empty: there is no supervisor
};

}  // namespace tusk::net
