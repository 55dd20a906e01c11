// RemoteWorker: what others see of its script.
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

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

// Null: the worker was not given such a request, has not begun it, or has ended it.
const Exchange* RemoteWorker::begun_request(std::uint64_t number) const {
  for (std::size_t i = 0; i < kSlots; ++i) {
    const Exchange* const exchange = slots_[i].exchange;
    if (exchange == nullptr || exchange->job.request_id != number) continue;
    const bool runs = slots_[i].begun ||
                      region_.slot(i).state.load(std::memory_order_seq_cst) != SlotState::kReady;
    return runs ? exchange : nullptr;
  }
  return nullptr;
}

// The record says which request the worker ran, and nothing else of the request is taken from it:
// the server knows what it has asked. A worker may also crash between two requests.
std::optional<base::process::CrashedWorker> RemoteWorker::crash() const {
  using base::process::copy_text;
  std::unique_ptr<base::process::CrashRecord> record =
      base::process::copy_crash_record(region_.crash_record());
  if (record == nullptr || pid_ == 0) return std::nullopt;
  base::process::CrashedWorker crash{.pid = pid_, .number = index_};
  record->pid = pid_;
  const Exchange* const exchange =
      record->has_request != 0 ? begun_request(record->request.id) : nullptr;
  record->has_request = exchange != nullptr ? 1 : 0;
  record->request = {};
  if (exchange != nullptr) {
    const Job& job = exchange->job;
    const std::string_view target = job.view(job.head.target);
    record->request.id = job.request_id;
    copy_text(record->request.method, job.view(job.head.method));
    copy_text(record->request.host, job.view(job.head.authority));
    copy_text(record->request.path, target.substr(0, target.find('?')));
    copy_text(record->request.script, job.view(job.script_filename));
    crash.request_id = job.id().view();
  }
  crash.record = std::move(record);
  return crash;
}

}  // namespace tusk::exec::process
