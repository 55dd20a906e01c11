// RemoteWorker: what others see of its script.
#include "exec/observation/backtrace.h"
#include "exec/process/remote_worker.h"

namespace tusk::exec::process {

RemoteExecutor& RemoteWorker::executor() {
  if (!executor_) {
    executor_.emplace(RemoteProbe::create(
        region_, {.directory = directory_.get(), .pid = pid_, .program = program_}));
  }
  return *executor_;
}

// A request that it has begun since the last round is noted here: while scripts run, no news makes
// a loop look.
void RemoteWorker::visit_running(base::MonotonicTime now, const Look& look) {
  if (is_free() || pid_ == 0) return;
  for (std::size_t i = 0; i < kSlots; ++i) {
    const SlotControl& control = region_.slot(i);
    if (slots_[i].exchange == nullptr) continue;
    if (control.state.load(std::memory_order_seq_cst) != SlotState::kRunning) continue;
    note_begun(i, now);
    executor().look_at(&control, slots_[i].is_event_stream);
    return look(index_, *slots_[i].exchange, executor());
  }
}

void RemoteWorker::visit_boot(Exchange& boot, const Look& look) {
  if (pid_ == 0 || has_begun()) return;
  executor().look_at(nullptr, false);
  look(index_, boot, executor());
}

void RemoteWorker::note_last_place() {
  base::MonotonicTime since{};
  const Exchange* const exchange = running(since);
  executor().look_at(nullptr, false);
  observation::ScriptProbe* const probe = executor().probe();
  if (probe == nullptr || pid_ == 0) return;
  observation::Backtrace trace;
  probe->ask(observation::Asker::kWatchdog, exchange != nullptr ? exchange->job.request_id : 0);
  if (!probe->take(observation::Asker::kWatchdog, observation::Insistence::kNow, trace)) return;
  last_backtrace_ = joined_frames(trace);
  last_wait_ = trace.waiting_call();
}

}  // namespace tusk::exec::process
