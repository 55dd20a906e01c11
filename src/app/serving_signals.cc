#include "app/serving_signals.h"

#include <csignal>
#include <utility>

#include <unistd.h>

#include "app/start_signals.h"
#include "observe/log.h"
#include "observe/writers.h"
#include "supervisor/generation.h"

namespace tusk::app {

// nginx's and PHP-FPM's containers are stopped with SIGQUIT.
ServingSignals::ServingSignals(net::Loop& loop, Drain& drain, const Supervision& supervision,
                               const net::ReadinessNotifier& notifier,
                               std::function<void()> reopen_logs)
    : loop_(loop),
      drain_(drain),
      supervision_(supervision),
      notifier_(notifier),
      reopen_logs_(std::move(reopen_logs)),
      signals_(loop, {SIGTERM, SIGINT, SIGQUIT, SIGUSR1}) {
  if (!hangups_are_ignored()) signals_.add(SIGHUP);
}

void ServingSignals::begin() {
  await();
  if (hung_up_during_start()) {
    loop_.post([this] { on_signal(SIGHUP); });
  }
}

void ServingSignals::await() {
  signals_.wait([this](int signal) {
    on_signal(signal);
    await();
  });
}

void ServingSignals::on_signal(int signal) {
  if (signal == SIGUSR1) return reopen_logs_();
  if (supervision_.on()) return on_supervised_signal(signal);
  const bool ending = drain_.under_way();
  if (signal == SIGHUP && (ending || !terminal_is_gone())) return on_hangup();
  const char* const name = signal_name(signal);
  if (drain_.draining()) {
    observe::warn("second signal: exits at once", {{"signal", name}});
    observe::flush();
    ::_exit(1);
  }
  if (!ending) {
    notifier_.notify(net::stopping_state(drain_.longest() + supervisor::kTimeToEnd));
  }
  drain_.begin_after_delay(name);
}

void ServingSignals::on_supervised_signal(int signal) {
  if (signal != SIGTERM && signal != SIGQUIT) return;
  // systemd may send SIGTERM to all processes: the supervisor says when the delay is over.
  if (!drain_.announced()) drain_.begin_after_delay(signal_name(signal));
}

// A hang-up that does not end the server. The kernel and the shell may each send one for the same
// terminal.
void ServingSignals::on_hangup() {
  if (drain_.under_way()) return;
  observe::warn(
      "there is no reload without a supervisor: SIGHUP changes nothing; renewed certificates are "
      "reloaded automatically, and SIGTERM ends the server",
      {{"signal", "SIGHUP"}});
}

}  // namespace tusk::app
