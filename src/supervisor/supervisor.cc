#include "supervisor/supervisor.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

#include "base/process/controlling_terminal.h"
#include "observe/log.h"
#include "observe/log_file.h"
#include "supervisor/ticket_memory.h"

namespace tusk::supervisor {

namespace {

// Added to the time that the process manager is told, for the supervisor's own reports.
constexpr base::Duration kTimeToReport = std::chrono::seconds(5);

// The supervisor sends nothing to other threads, because it has none.
class NoOtherThreads final : public net::LoopClient {
 public:
  std::size_t end_round() override { return 0; }
  bool prepare_to_sleep() override { return true; }
  void awake() override {}
};

// Returns the status that waitpid() gives.
int wait_status_of(const siginfo_t& child) {
  const bool exited = child.si_code == CLD_EXITED;
  const int status = exited ? W_EXITCODE(child.si_status, 0) : W_EXITCODE(0, child.si_status);
  return child.si_code == CLD_DUMPED ? status | WCOREFLAG : status;
}

const char* name_of(int signal) { return ::sigabbrev_np(signal); }

}  // namespace

Supervisor::Supervisor(Parts parts)
    : parts_(std::move(parts)),
      processes_(std::move(parts_.scoreboard)),
      signals_(loop_, {SIGCHLD, SIGTERM, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2}),
      watchdog_(loop_),
      crashes_(loop_),
      drain_delay_(loop_),
      had_terminal_(base::process::has_controlling_terminal()) {
  if (!parts_.ignores_hangups) signals_.add(SIGHUP);
  if (parts_.ticket_keys) {
    parts_.program.descriptors.push_back({parts_.ticket_keys.get(), kTicketKeysVariable});
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGPIPE, SIGTTOU, SIGTTIN}) std::signal(signal, SIG_IGN);
}

int Supervisor::run(Configuration configuration) {
  const base::Result<void> opened = open_control_socket(configuration.control_socket);
  if (!opened) {
    observe::start_failed(opened.error().message);
    return 1;
  }
  base::Result<std::unique_ptr<Generation>> started =
      start_generation(std::move(configuration), parts_.program);
  if (!started) {
    observe::start_failed(started.error().message);
    return 1;
  }
  current_ = std::move(*started);
  return run_loop();
}

int Supervisor::run_loop() {
  await_signal();
  if (parts_.watchdog_interval.count() > 0) ping();
  NoOtherThreads client;
  loop_.run(client);
  crashes_.finish();
  return status_;
}

base::Result<std::unique_ptr<Generation>> Supervisor::start_generation(
    Configuration configuration, const ServerProgram& program) {
  base::Result<BoundSockets> sockets = parts_.sockets.open(
      configuration, current_ != nullptr ? current_->sockets() : BoundSockets{});
  if (!sockets) return std::unexpected(sockets.error());
  observe::give_log_files(configuration.user, configuration.log_files);
  auto generation = std::make_unique<Generation>(
      loop_, ++last_generation_, program, processes_, std::move(configuration), std::move(*sockets),
      static_cast<Generation::Listener&>(*this), crashes_);
  base::Result<void> started = generation->start();
  if (!started) {
    generation->kill_all();
    return std::unexpected(started.error());
  }
  return generation;
}

void Supervisor::await_signal() {
  signals_.wait([this](int signal) {
    on_signal(signal);
    await_signal();
  });
}

void Supervisor::on_signal(int signal) {
  switch (signal) {
    case SIGCHLD:
      return reap_children();
    case SIGHUP:
      return on_hangup();
    case SIGUSR1:
      return reopen_logs();
    case SIGUSR2:
      return upgrade();
    default:
      return stop(signal);
  }
}

// The terminal that tusk was started on is gone, or somebody asks for a reload.
void Supervisor::on_hangup() {
  if (had_terminal_ && !base::process::has_controlling_terminal()) return stop(SIGHUP);
  reload();
}

// Process 1 of a container also gets the orphans of what scripts have started.
void Supervisor::reap_children() {
  siginfo_t next{};
  while (::waitid(P_ALL, 0, &next, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
         next.si_pid != 0) {
    const pid_t pid = next.si_pid;
    if (next.si_code == CLD_STOPPED) {
      (void)::waitid(P_PID, static_cast<id_t>(pid), &next, WSTOPPED | WNOHANG);
      continue_process(pid, next.si_status);
      continue;
    }
    // Until it is waited for it keeps its number, and the CPU time that is asked for meanwhile.
    take_ending({.pid = pid, .status = wait_status_of(next)});
    (void)::waitpid(pid, nullptr, WNOHANG);
  }
}

// A server process that is stopped answers no client. A script of the same user may have done it,
// or something that it has started: nobody else would notice before a watchdog does. What stops
// tusk itself as well (Ctrl-Z) is over when this is called, and a debugger's stops are not told to
// the parent.
void Supervisor::continue_process(pid_t pid, int signal) {
  if (processes_.status_of(pid).pid != pid) return;  // an orphan: not ours to say
  (void)::kill(pid, SIGCONT);
  ++untold_stops_;
  const base::MonotonicTime now = base::now();
  if (now < next_told_stop_) return;
  next_told_stop_ = now + kTimeBetweenToldStops;
  observe::warn(
      "a server process was stopped by a signal, and goes on",
      {{"pid", pid}, {"signal", name_of(signal)}, {"times", std::exchange(untold_stops_, 0)}});
}

void Supervisor::take_ending(const Ending& ending) {
  // The loop calls it after the process has been forgotten.
  if (!reopen_clients_.empty()) loop_.post([this] { end_reopening(AfterPatience::kNo); });
  if (check_ != nullptr && check_->is_of(ending.pid)) return on_checked(ending);
  if (current_ != nullptr && current_->take_ending(ending)) return;
  if (next_ != nullptr && next_->take_ending(ending)) return;
  for (const auto& generation : retired_) {
    if (generation->take_ending(ending)) return;
  }
}

void Supervisor::on_ready(Generation& generation) {
  if (&generation == next_.get() && upgrading_) return hand_over();
  if (&generation == next_.get()) {
    observe::info("reloaded: a new generation serves, the one before drains",
                  {{"generation", generation.number()}, {"before", current_->number()}});
    processes_.set_generation(generation.number());
    processes_.count_reload(observe::ReloadResult::kDone);
    const std::string message = "generation " + std::to_string(generation.number()) + " serves";
    observe::note_event({.kind = observe::EventKind::kReload, .message = message});
    retired_.push_back(std::move(current_));
    current_ = std::move(next_);
    const bool upgraded = std::exchange(upgraded_, false);
    retired_.back()->drain(upgraded ? DrainCause::kUpgrade : DrainCause::kReload);
    observe::set_level(current_->configuration().log_level);
    answer_reload({0, {message}});
  }
  was_ready_ = true;
  parts_.notifier.notify("READY=1");
  reload_again();
  current_->recycle_next();
}

void Supervisor::on_failed_start(Generation& generation, const Ending& ending) {
  if (&generation != next_.get()) {
    // The first generation: there is nothing to go back to. The process has told the reason.
    status_ = ending.exit_status() != 0 ? ending.exit_status() : 1;
    return stop(0);
  }
  const std::string how = ending.by_signal()
                              ? std::string("by SIG") + name_of(ending.signal())
                              : "with status " + std::to_string(ending.exit_status());
  std::vector<std::string> reasons = generation.reasons();
  reasons.push_back("a server process of the new generation ended " + how + " before it was ready");
  observe::error(reasons.back());
  give_up_next();
  if (upgrading_) return upgrade_failed(reasons);
  reload_failed(reasons);
  reload_again();
}

void Supervisor::on_drained(Generation& generation) {
  if (end_ == End::kDraining) {
    if (generation.drain_failed()) status_ = 1;
    return end_if_none_is_left();
  }
  const auto found = std::ranges::find_if(
      retired_, [&](const auto& retired) { return retired.get() == &generation; });
  if (found == retired_.end()) return;
  observe::info("a generation has drained", {{"generation", generation.number()}});
  discard(std::move(*found));
  retired_.erase(found);
}

void Supervisor::stop(int signal) {
  // The kernel and the shell may both send SIGHUP for the same terminal.
  if (end_ != End::kNotAsked && (signal == 0 || signal == SIGHUP)) return;
  if (end_ == End::kDraining) {
    observe::warn("second signal: ends at once", {{"signal", name_of(signal)}});
    return kill_all();
  }
  if (end_ == End::kAnnounced) {
    observe::info("second signal: ends the drain delay", {{"signal", name_of(signal)}});
    return begin_drain();
  }
  upgrading_ = false;
  check_.reset();
  const Configuration& configuration = current_->configuration();
  // A generation that is not ready has no clients.
  const base::Duration delay = current_->ready() ? configuration.drain_delay : base::Duration{};
  parts_.notifier.notify(
      net::stopping_state(delay + configuration.drain_timeout + kTimeToEnd + kTimeToReport));
  watchdog_.cancel();
  std::ranges::move(waiting_clients_, std::back_inserter(reload_clients_));
  answer_reload({1, {"tusk stops"}});
  if (delay == base::Duration::zero()) {
    if (signal != 0) observe::info("stops its server processes", {{"signal", name_of(signal)}});
    return begin_drain();
  }
  observe::info(
      "not ready any more: accepts connections until the drain delay is over",
      {{"reason", signal != 0 ? name_of(signal) : "stop"},
       {"drain_delay_ms", std::chrono::duration_cast<std::chrono::milliseconds>(delay).count()}});
  end_ = End::kAnnounced;
  if (next_ != nullptr) give_up_next();
  current_->announce_drain();
  drain_delay_.after(delay, [this] { begin_drain(); });
}

void Supervisor::begin_drain() {
  end_ = End::kDraining;
  drain_delay_.cancel();
  parts_.sockets.release();
  for (Generation* generation : {current_.get(), next_.get()}) {
    if (generation == nullptr) continue;
    generation->release_sockets();
    generation->drain(DrainCause::kEnds);
  }
  for (const auto& generation : retired_) {
    generation->release_sockets();
    generation->drain(DrainCause::kEnds);
  }
}

void Supervisor::kill_all() {
  for (Generation* generation : {current_.get(), next_.get()}) {
    if (generation != nullptr) generation->kill_all();
  }
  for (const auto& generation : retired_) generation->kill_all();
  status_ = 1;
}

void Supervisor::end_if_none_is_left() {
  std::size_t running = current_->running() + (next_ != nullptr ? next_->running() : 0);
  for (const auto& generation : retired_) running += generation->running();
  if (running > 0) return;
  for (const ControlClient& client : stop_clients_) {
    const std::vector<std::string> failure = {"requests were cut off: the log says more"};
    answered_stop_clients_.push_back(
        client.answer_and_take({status_, status_ == 0 ? std::vector<std::string>() : failure}));
  }
  loop_.stop();
}

// The loop may have a call ready for it.
void Supervisor::discard(std::unique_ptr<Generation> generation) {
  loop_.post([generation = std::move(generation)] {});
}

// Twice in the interval that the process manager waits at most (sd_watchdog_enabled(3)).
void Supervisor::ping() {
  if (was_ready_ && current_->all_alive()) parts_.notifier.notify("WATCHDOG=1");
  current_->send_all(Message::kPing);
  watchdog_.after(parts_.watchdog_interval / 2, [this] { ping(); });
}

}  // namespace tusk::supervisor
