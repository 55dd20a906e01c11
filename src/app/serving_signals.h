// ServingSignals: what signals do once the process serves. For signals that come earlier see
// app/start_signals.h.
//
// SIGTERM, SIGINT and SIGQUIT drain; a second one ends the process at once. SIGUSR1 opens the log
// files anew. SIGHUP ends the process only if its terminal is gone. With a supervisor, Ctrl-C and
// SIGHUP are for the supervisor to act on, which also decides when draining takes too long.
//
// Owner: Serving. Thread: main, whose loop is the first.
#pragma once

#include <functional>

#include "app/drain.h"
#include "app/supervision.h"
#include "net/loop.h"
#include "net/readiness_notifier.h"
#include "net/signals.h"

namespace tusk::app {

class ServingSignals {
 public:
  // From here on the loop has the signals.
  ServingSignals(net::Loop& loop, Drain& drain, const Supervision& supervision,
                 const net::ReadinessNotifier& notifier, std::function<void()> reopen_logs);

  // Handles signals as they come, and a SIGHUP that came during the start.
  void begin();

 private:
  void await();
  void on_signal(int signal);
  void on_supervised_signal(int signal);
  void on_hangup();

  net::Loop& loop_;
  Drain& drain_;
  const Supervision& supervision_;
  const net::ReadinessNotifier& notifier_;
  const std::function<void()> reopen_logs_;
  net::Signals signals_;
};

}  // namespace tusk::app
