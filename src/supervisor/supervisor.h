// Supervisor: the parent of the server processes. It binds the sockets, starts the processes,
// replaces those that end, and changes to a new generation when a reload is asked for. It runs no
// PHP, answers no request, and has one thread.
//
//   supervisor.cc         signals, ends of processes, generations
//   reload.cc             the change to another configuration
//   operator_commands.cc  commands that come over the control socket
//   upgrade.cc            the change to another program
//
// Owner: main. Thread: main.
#pragma once

#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "net/loop.h"
#include "net/readiness_notifier.h"
#include "net/signals.h"
#include "net/timer.h"
#include "supervisor/configuration.h"
#include "supervisor/control_socket.h"
#include "supervisor/crash/crash_reporter.h"
#include "supervisor/generation.h"
#include "supervisor/handover.h"
#include "supervisor/process_table.h"
#include "supervisor/sockets.h"
#include "supervisor/upgrade_check.h"

namespace tusk::supervisor {

class Supervisor final : private Generation::Listener {
 public:
  struct Parts {
    ServerProgram program;
    // This program: where it was found, and with the environment that it was started with.
    ServerProgram own;
    // Looks for the server program beside the program that is at own.path now. Empty: there is
    // none.
    std::function<std::string()> find_server;
    base::UniqueFd ticket_keys;  // supervisor/ticket_memory.h; not open: processes share no keys
    Loader loader;
    TextLoader loader_of_text;
    SocketSource sockets;
    net::ReadinessNotifier notifier;
    std::optional<observe::Scoreboard> scoreboard{};  // nothing: it could not be made
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
  // Goes on with what another program had in this process.
  int run(const Handover& handover);

 private:
  // A new generation that has started for so long (a preload script hangs, say) is given up for
  // another reload or upgrade. A reload that is asked for earlier waits for it until then.
  static constexpr base::Duration kStartTimeout = std::chrono::seconds(60);

  // How long `tusk reopen-logs` waits for the answers of server processes.
  static constexpr base::Duration kReopenPatience = std::chrono::seconds(3);
  static constexpr base::Duration kReopenLook = std::chrono::milliseconds(5);
  enum class AfterPatience : bool { kNo, kYes };

  // A script may stop its server process again and again.
  static constexpr base::Duration kTimeBetweenToldStops = std::chrono::seconds(10);

  // How far the end of tusk has come.
  enum class End {
    kNotAsked,
    kAnnounced,  // asked for; accepts connections until the drain_delay is over
    kDraining,
  };

  void on_ready(Generation& generation) override;
  void on_failed_start(Generation& generation, const Ending& ending) override;
  void on_drained(Generation& generation) override;
  void on_applied(Generation& generation, std::vector<std::string> refusals) override;
  void on_php_renewed(Generation& generation, std::vector<std::string> failures) override;
  void on_logs_reopened(std::string_view problems) override;
  bool may_recycle() const override {
    return end_ == End::kNotAsked && next_ == nullptr && !upgrading_;
  }

  base::Result<std::unique_ptr<Generation>> start_generation(Configuration configuration,
                                                             const ServerProgram& program);
  int run_loop();
  void notify_reloading();
  base::Result<void> open_control_socket(const std::string& path);
  void on_command(std::string_view line, ControlClient client);
  void on_reload_command(std::string_view argument, ControlClient client);
  void serve_control_socket(ControlFile file);
  void on_upgrade_command(ControlClient client);
  void upgrade();
  void on_checked(const Ending& ending);
  void give_up_slow_upgrade();
  void upgrade_failed(const std::vector<std::string>& reasons);
  void hand_over();
  void hand_over_after(int rounds, const sigset_t& before);
  std::string execute_own_program();
  Handover describe();
  void on_stop_command(std::string_view argument, ControlClient client);
  void on_connect_command(std::string_view argument, const ControlClient& client);
  std::string status() const;
  void answer_reload(const ControlAnswer& answer);
  void reopen_logs();
  std::vector<Generation*> generations() const;
  void end_reopening(AfterPatience after_patience);
  void await_signal();
  void on_signal(int signal);
  void on_hangup();
  void reap_children();
  void continue_process(pid_t pid, int signal);
  void take_ending(const Ending& ending);
  void reload();
  bool reload_must_wait() const;
  void await_slow_start();
  void warn_of_slow_start();
  void change_generation(Configuration configuration);
  void change_in_place(Configuration configuration, const config::Difference& changes);
  void renew_php(ControlClient client);
  void reload_again();
  void give_up_next();
  void reload_failed(const std::vector<std::string>& reasons);
  void stop(int signal);
  void begin_drain();
  void kill_all();
  void end_if_none_is_left();
  void discard(std::unique_ptr<Generation> generation);
  void ping();

  net::Loop loop_;
  Parts parts_;
  ProcessTable processes_;
  net::Signals signals_;
  net::Timer watchdog_;
  crash::CrashReporter crashes_;
  net::Timer drain_delay_;
  const bool had_terminal_;
  base::MonotonicTime started_ = base::now();
  std::uint64_t last_generation_ = 0;
  std::unique_ptr<Generation> current_;
  std::unique_ptr<Generation> next_;  // started by a reload, not ready yet
  base::MonotonicTime next_started_{};
  net::Timer slow_start_{loop_};                      // for the reload that waits for next_
  std::vector<std::unique_ptr<Generation>> retired_;  // they drain
  bool reload_again_ = false;    // asked for while another reload was under way
  bool new_generation_ = false;  // the next reload must start one
  bool changing_ = false;        // the current generation takes new values
  Configuration wanted_;         // meanwhile
  bool renewing_php_ = false;    // the current generation starts new PHP hosts
  std::string changed_options_;
  std::unique_ptr<ControlSocket> control_;      // null: there is none
  std::vector<ControlClient> reload_clients_;   // they wait for the reload that is under way
  std::vector<ControlClient> waiting_clients_;  // and these for the one after it
  std::vector<ControlClient> stop_clients_;
  std::vector<ControlClient> reopen_clients_;  // they wait until all processes have answered
  std::vector<std::string> reopen_problems_;
  net::Timer reopen_timer_{loop_};
  net::Timer reopen_look_{loop_};  // whether the supervisor's own files are open again
  // Their connections, which end with this process.
  std::vector<base::UniqueFd> answered_stop_clients_;
  std::uint64_t untold_stops_ = 0;  // of server processes, by a signal
  base::MonotonicTime next_told_stop_{};
  bool was_ready_ = false;
  End end_ = End::kNotAsked;
  bool upgrading_ = false;
  bool upgraded_ = false;  // and the processes of the program before have not been told to drain
  std::unique_ptr<UpgradeCheck> check_;  // the new program is being asked
  ServerProgram upgraded_program_;       // of next_, while upgrading_
  int status_ = 0;
};

}  // namespace tusk::supervisor
