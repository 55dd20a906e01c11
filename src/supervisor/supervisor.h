// Supervisor: the parent of the server processes. It binds the sockets, starts the processes,
// replaces those that end, and changes to a new generation when a reload is asked for. It runs no
// PHP, answers no request, and has one thread.
//
// Owner: main. Thread: main.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/loop.h"
#include "net/readiness_notifier.h"
#include "net/signals.h"
#include "net/timer.h"
#include "supervisor/configuration.h"
#include "supervisor/crash/crash_reporter.h"
#include "supervisor/generation.h"
#include "supervisor/sockets.h"

namespace tusk::supervisor {

class Supervisor final : private Generation::Listener {
 public:
  struct Parts {
    ServerProgram program;
    Loader loader;
    SocketSource sockets;
    net::ReadinessNotifier notifier;
    // How often the process manager wants to hear that all is well; zero: never.
    base::Duration watchdog_interval{};
    // SIGHUP was ignored when tusk was started (nohup): it stays ignored.
    bool ignores_hangups = false;
  };

  explicit Supervisor(Parts parts);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Runs until it is told to end. Returns the exit status.
  int run(Configuration configuration);

 private:
  void on_ready(Generation& generation) override;
  void on_failed_start(Generation& generation, const Ending& ending) override;
  void on_drained(Generation& generation) override;

  base::Result<std::unique_ptr<Generation>> start_generation(Configuration configuration);
  void await_signal();
  void on_signal(int signal);
  void on_hangup();
  void reap_children();
  void take_ending(const Ending& ending);
  void reload();
  void give_up_next();
  void reload_failed(const std::vector<std::string>& reasons);
  void stop(int signal);
  void end_if_none_is_left();
  void discard(std::unique_ptr<Generation> generation);
  void ping();

  net::Loop loop_;
  Parts parts_;
  net::Signals signals_;
  net::Timer watchdog_;
  crash::CrashReporter crashes_;
  const bool had_terminal_;
  std::uint64_t last_generation_ = 0;
  std::unique_ptr<Generation> current_;
  std::unique_ptr<Generation> next_;  // started by a reload, not ready yet
  base::MonotonicTime next_started_{};
  std::vector<std::unique_ptr<Generation>> retired_;  // they drain
  bool reload_again_ = false;  // asked for while another reload was under way
  bool was_ready_ = false;
  bool stopping_ = false;
  int status_ = 0;
};

}  // namespace tusk::supervisor
