#include "supervisor/generation.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include "base/process/crash_record.h"
#include "observe/log.h"
#include "supervisor/crash/end_log.h"
#include "supervisor/crash/oom_kills.h"
#include "supervisor/crash/worker_crash.h"

namespace tusk::supervisor {

namespace {

// More than one process of a generation may say why it cannot start.
constexpr std::size_t kMaxReasons = 32;

std::uint64_t milliseconds(base::Duration duration) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

std::string_view to_string(ProcessState::Phase phase) {
  switch (phase) {
    case ProcessState::Phase::kStarting:
      return "starting";
    case ProcessState::Phase::kServing:
      return "serving";
    case ProcessState::Phase::kDraining:
      return "draining";
  }
  return {};
}

Generation::Generation(net::Loop& loop, std::uint64_t number, const ServerProgram& program,
                       ProcessTable& processes, Configuration configuration, BoundSockets sockets,
                       Listener& listener, crash::CrashReporter& crashes)
    : loop_(loop),
      number_(number),
      program_(program),
      processes_(processes),
      configuration_(std::move(configuration)),
      apply_timer_(loop),
      renewal_timer_(loop),
      sockets_(std::move(sockets)),
      listener_(listener),
      crashes_(crashes),
      drain_timer_(loop) {}

base::Result<void> Generation::start() {
  const base::Result<void> written = write_file();
  if (!written) return written;
  for (std::size_t i = 0; i < configuration_.processes; ++i) {
    places_.push_back(std::make_unique<Place>(loop_));
    base::Result<void> started = start_process(*places_.back());
    if (!started) return started;
  }
  return {};
}

base::Result<void> Generation::write_file() {
  if (!configuration_.file_text) return {};
  const std::string& text = *configuration_.file_text;
  base::UniqueFd file(::memfd_create("tusk.toml", MFD_CLOEXEC));
  if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return base::fail_errno("cannot hand the configuration to server processes", errno);
  }
  file_ = std::move(file);
  return {};
}

base::Result<void> Generation::start_process(Place& place) {
  std::vector<HandedDescriptor> descriptors = program_.descriptors;
  std::vector<std::string> variables{kGenerationVariable + ("=" + std::to_string(number_))};
  if (std::exchange(place.started_before, true)) {
    variables.push_back(kReplacementVariable + std::string("=1"));
  }
  if (file_) descriptors.push_back({file_.get(), kFileVariable});
  // Without a record the process reports its crash itself.
  base::Result<base::UniqueFd> crash = base::process::make_crash_record();
  place.crash = crash ? std::move(*crash) : base::UniqueFd();
  if (place.crash) descriptors.push_back({place.crash.get(), base::process::kCrashVariable});
  place.oom_kills = crash::oom_kills();
  const std::optional<std::size_t> shown_at = processes_.free_place();
  if (shown_at) {
    descriptors.push_back({processes_.fd(), observe::kScoreboardVariable});
    variables.push_back(observe::kPlaceVariable + ("=" + std::to_string(*shown_at)));
  }
  base::Result<ServerProcess> process =
      ServerProcess::start(program_, handed(sockets_), descriptors, variables);
  if (!process) return std::unexpected(process.error());
  processes_.add(process->pid(), number_, shown_at);
  place.control = std::make_unique<ControlChannel>(loop_, process->take_control());
  place.process = std::make_unique<ServerProcess>(std::move(*process));
  place.ready = false;
  place.awaits_answer = false;
  place.killed = false;
  place.applies = false;
  place.unanswered_reopenings = 0;
  place.recycle.reset();
  listen_to(place);
  return {};
}

void Generation::listen_to(Place& place) {
  // The end of the process itself is told by SIGCHLD.
  place.control->listen([this, &place](Received received) { on_message(place, received); }, [] {});
}

void Generation::on_message(Place& place, const Received& received) {
  place.awaits_answer = false;
  // A message that an ended process has left unread does not make it serve.
  if (received.message == Message::kReady && !place.ready && place.process != nullptr)
    became_ready(place);
  if (received.message == Message::kReason && reasons_.size() < kMaxReasons)
    reasons_.push_back(reason_line(received.text));
  if (received.message == Message::kWorkerCrashed) report_worker_crash(received);
  if (received.message == Message::kRecycle) take_recycle_request(place, received.text);
  if (received.message == Message::kApplied || received.message == Message::kNotApplied)
    take_answer(place, received);
  if (received.message == Message::kPhpRenewed || received.message == Message::kPhpNotRenewed)
    take_renewal(place, received);
  if (received.message == Message::kLogsReopened && place.unanswered_reopenings > 0) {
    --place.unanswered_reopenings;
    listener_.on_logs_reopened(received.text);
  }
}

void Generation::became_ready(Place& place) {
  place.ready = true;
  place.ready_since = base::now();
  if (!draining_) processes_.set_phase(place.process->pid(), observe::ProcessPhase::kServing);
  if (drain_announced_) place.control->send(Message::kWillDrain);
  if (place.replaces != nullptr && !draining_) return take_over(place);
  if (ready_ && !draining_) return recycle_next();
  if (draining_) return;
  ready_ = std::ranges::all_of(places_, [](const auto& each) { return each->ready; });
  if (!ready_) return;
  ready_since_ = base::now();
  reasons_.clear();
  listener_.on_ready(*this);
}

bool Generation::serves(pid_t pid) const {
  return std::ranges::any_of(places_, [&](const auto& place) {
    return place->process != nullptr && place->process->pid() == pid && place->ready;
  });
}

void Generation::connect(pid_t pid, const base::UniqueFd& client) {
  for (const auto& place : places_) {
    if (place->process == nullptr || place->process->pid() != pid) continue;
    place->control->send(Message::kConnection, client);
  }
}

std::vector<ProcessState> Generation::processes() const {
  std::vector<ProcessState> processes;
  for (const auto& place : places_) {
    if (place->process == nullptr) continue;
    ProcessState::Phase phase = ProcessState::Phase::kStarting;
    if (place->ready) phase = ProcessState::Phase::kServing;
    if (draining_ || place->retiring) phase = ProcessState::Phase::kDraining;
    processes.push_back({.pid = place->process->pid(), .phase = phase});
    if (place->recycle) processes.back().recycling = place->recycle->reason;
  }
  return processes;
}

bool Generation::take_ending(const Ending& ending) {
  const auto found = std::ranges::find_if(places_, [&](const auto& place) {
    return place->process != nullptr && place->process->pid() == ending.pid;
  });
  if (found == places_.end()) return false;
  Place& place = **found;
  const crash::RunningRequests cut_off = report_crash(place, ending);
  note_end(place, ending);
  place.process.reset();
  // It may have said why it ends.
  place.control->read_rest();
  place.control->close();
  // Not destroyed before a call that the loop may have ready for it.
  loop_.post([channel = std::move(place.control)] {});
  if (std::exchange(place.applies, false)) end_apply_if_all_have_answered();
  if (std::exchange(place.renews, false)) {
    renewal_failures_.push_back("server process " + std::to_string(ending.pid) + " has ended");
    end_renewal_if_all_have_answered();
  }
  if (draining_) {
    // The SIGTERM of drain() may come before the process handles it, or while its PHP starts. A
    // successor may have been killed.
    const bool ended_at_start =
        !place.ready && (!ending.by_signal() || ending.signal() == SIGTERM || place.killed);
    const bool failed = !ended_at_start && (ending.by_signal() || ending.exit_status() != 0);
    if (failed) drain_failed_ = true;
    if (failed && ending.by_signal()) crash::log_end_of_drain({ending, number_, cut_off});
    if (running() == 0) {
      drain_timer_.cancel();
      listener_.on_drained(*this);
    }
    return true;
  }
  if (take_ending_of_change(place, ending, cut_off)) return true;
  // A process that exits by itself has said why, and another would fail alike: no retry. After a
  // crash, only the first generation tries again.
  if (!ready_ && (!ending.by_signal() || number_ > 1)) {
    listener_.on_failed_start(*this, ending);
    return true;
  }
  replace(place, ending, cut_off);
  return true;
}

// Returns what the workers of the process did. Its place in the scoreboard is still as it was.
crash::RunningRequests Generation::report_crash(Place& place, const Ending& ending) {
  auto record = base::process::read_crash_record(place.crash);
  place.crash.reset();
  crash::RunningRequests running(processes_.view(ending.pid), record.get(), base::now());
  if (record == nullptr) return running;
  crashes_.report({.record = std::move(record),
                   .pid = ending.pid,
                   .generation = number_,
                   .status = ending.status,
                   .directory = configuration_.crash_directory,
                   .user = configuration_.user,
                   .names = {},
                   .file = {},
                   .why_no_file = {},
                   .running = running,
                   .worker = {}});
  return running;
}

// The process may have written anything, also the name of another user: files are looked at with
// its own rights. One that is root's has workers of others, and could do all by itself.
void Generation::report_worker_crash(const Received& received) {
  std::optional<crash::CrashReport> report =
      crash::read_worker_crash(received.text, received.descriptor);
  if (!report) return;
  report->generation = number_;
  report->directory = configuration_.crash_directory;
  if (configuration_.user.any()) report->user = configuration_.user;
  crashes_.report(std::move(*report));
}

// Clears the process's place in the scoreboard: a report of what its workers did comes before.
void Generation::note_end(const Place& place, const Ending& ending) {
  const observe::ProcessExit how = place.killed         ? observe::ProcessExit::kKilled
                                   : ending.by_signal() ? observe::ProcessExit::kSignal
                                   : (draining_ || place.retiring) && ending.exit_status() == 0
                                       ? observe::ProcessExit::kDrained
                                       : observe::ProcessExit::kExit;
  processes_.remove(ending.pid, how);
}

// Another process of the same cgroup may have been the one that the kernel killed.
bool Generation::was_killed_for_memory(const Place& place, const Ending& ending) {
  if (!ending.by_signal() || ending.signal() != SIGKILL || !place.oom_kills) return false;
  return crash::oom_kills() > place.oom_kills;
}

void Generation::replace(Place& place, const Ending& ending,
                         const crash::RunningRequests& cut_off) {
  const base::Duration served = place.ready ? base::now() - place.ready_since : base::Duration{};
  const base::Duration delay = place.delay.after_end(served);
  crash::log_end({ending, number_, cut_off},
                 {.was_short_of_memory = was_killed_for_memory(place, ending),
                  .served = served,
                  .delay = delay});
  restart_after(place, delay);
}

void Generation::restart_after(Place& place, base::Duration delay) {
  const auto start = [this, &place] {
    if (draining_) return;
    const base::Result<void> started = start_process(place);
    if (started) return;
    const base::Duration next = place.delay.after_end({});
    observe::error(started.error().message, {{"delay_ms", milliseconds(next)}});
    restart_after(place, next);
  };
  if (delay == base::Duration::zero()) return start();
  place.restart.after(delay, start);
}

void Generation::send_all(Message message, std::string_view text) {
  for (const auto& place : places_) {
    if (place->control == nullptr) continue;
    if (message == Message::kPing) place->awaits_answer = true;
    place->control->send(message, text);
  }
}

bool Generation::all_alive() const {
  return std::ranges::all_of(places_, [](const auto& place) {
    if (place->retiring || place->replaces != nullptr) return true;
    return place->process != nullptr && place->ready && !place->awaits_answer;
  });
}

void Generation::announce_drain() {
  drain_announced_ = true;
  send_all(Message::kWillDrain);
}

void Generation::drain(DrainCause cause) {
  if (std::exchange(draining_, true)) {
    if (cause == DrainCause::kEnds) send_all(Message::kDrain, to_text(cause));
    return;
  }
  for (const auto& place : places_) {
    place->restart.cancel();
    place->change.cancel();
    place->replaces = nullptr;
    if (place->process == nullptr) continue;
    processes_.set_phase(place->process->pid(), observe::ProcessPhase::kDraining);
  }
  if (running() == 0) {
    loop_.post([this] { listener_.on_drained(*this); });
    return;
  }
  // A process that does not serve yet ends at once by SIGTERM.
  for (const auto& place : places_) {
    if (place->process != nullptr && !place->ready) (void)::kill(place->process->pid(), SIGTERM);
  }
  send_all(Message::kDrain, to_text(cause));
  set_drain_deadline(base::now() + configuration_.drain_timeout + kTimeToEnd);
}

void Generation::set_drain_deadline(base::MonotonicTime deadline) {
  drain_deadline_ = deadline;
  drain_timer_.after(deadline - base::now(), [this] {
    observe::error("server processes did not end in time: they are killed",
                   {{"generation", number_}, {"processes", running()}});
    drain_failed_ = true;
    kill_all();
  });
}

void Generation::kill_all() {
  for (const auto& place : places_) {
    if (place->process == nullptr) continue;
    place->killed = true;
    (void)::kill(place->process->pid(), SIGKILL);
  }
}

std::size_t Generation::running() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(places_, [](const auto& place) { return place->process != nullptr; }));
}

}  // namespace tusk::supervisor
