// Generation: how one program describes it at an upgrade, and the next one goes on with it.

#include <utility>

#include "observe/log.h"
#include "supervisor/generation.h"

namespace tusk::supervisor {

namespace {

// A process that was between its end and the next start is started when all others are known:
// after the functions that the loop has ready.
constexpr base::Duration kRestartDelay = std::chrono::milliseconds(1);

std::int64_t nanoseconds(base::MonotonicTime time) { return time.time_since_epoch().count(); }

base::MonotonicTime time_of(std::int64_t nanoseconds) {
  return base::MonotonicTime(base::MonotonicTime::duration(nanoseconds));
}

}  // namespace

HandedGeneration Generation::describe() const {
  HandedGeneration handed{.number = number_,
                          .ready = ready_,
                          .draining = draining_,
                          .drain_failed = drain_failed_,
                          .ready_since_ns = nanoseconds(ready_since_),
                          .drain_deadline_ns = nanoseconds(drain_deadline_),
                          .file_text = configuration_.file_text,
                          .addresses = {},
                          .processes = {}};
  for (const auto& place : places_) {
    HandedProcess process;
    if (place->process != nullptr) {
      const pid_t pid = place->process->pid();
      const ProcessStatus status = processes_.status_of(pid);
      process = {.pid = pid,
                 .control = place->control->descriptor(),
                 .crash = place->crash.get(),
                 .place = processes_.place_of(pid),
                 .started_ns = nanoseconds(status.started),
                 .requests_before = status.requests_before,
                 .oom_kills = place->oom_kills,
                 .killed = place->killed,
                 .ready = place->ready,
                 .ready_since_ns = nanoseconds(place->ready_since),
                 .retiring = place->retiring};
    }
    handed.processes.push_back(process);
  }
  return handed;
}

Generation::Generation(net::Loop& loop, const HandedGeneration& handed,
                       const ServerProgram& program, ProcessTable& processes,
                       Configuration configuration, BoundSockets sockets, Listener& listener,
                       crash::CrashReporter& crashes)
    : Generation(loop, handed.number, program, processes, std::move(configuration),
                 std::move(sockets), listener, crashes) {
  ready_ = handed.ready;
  ready_since_ = time_of(handed.ready_since_ns);
  draining_ = handed.draining;
  drain_failed_ = handed.drain_failed;
  const base::Result<void> written = write_file();
  if (!written) observe::error(written.error().message);
  for (const HandedProcess& process : handed.processes) adopt_process(process);
  if (draining_) set_drain_deadline(time_of(handed.drain_deadline_ns));
}

void Generation::adopt_process(const HandedProcess& handed) {
  places_.push_back(std::make_unique<Place>(loop_));
  Place& place = *places_.back();
  place.started_before = true;
  if (handed.pid <= 0) return restart_after(place, kRestartDelay);
  place.process = std::make_unique<ServerProcess>(
      ServerProcess::adopt(handed.pid, base::UniqueFd(handed.control)));
  place.control = std::make_unique<ControlChannel>(loop_, place.process->take_control());
  place.crash = base::UniqueFd(handed.crash);
  place.oom_kills = handed.oom_kills;
  place.killed = handed.killed;
  place.ready = handed.ready;
  place.ready_since = time_of(handed.ready_since_ns);
  place.retiring = handed.retiring;
  if (place.retiring && !draining_) set_retirement_deadline(place);
  using Phase = observe::ProcessPhase;
  processes_.adopt({.pid = handed.pid,
                    .generation = number_,
                    .phase = draining_ || handed.retiring ? Phase::kDraining
                             : handed.ready               ? Phase::kServing
                                                          : Phase::kStarting,
                    .started = time_of(handed.started_ns),
                    .requests_before = handed.requests_before,
                    .counts = {}},
                   handed.place);
  listen_to(place);
}

}  // namespace tusk::supervisor
