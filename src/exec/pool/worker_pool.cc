#include "exec/pool/worker_pool.h"

#include <algorithm>
#include <utility>

namespace tusk::exec::pool {

WorkerPool::WorkerPool(WorkerPoolSettings settings, const Shared& shared, RequestQueue& queue)
    : settings_(std::move(settings)),
      engine_(shared.engine),
      queue_(queue),
      metrics_(shared.metrics),
      lost_clients_(shared.lost_clients),
      slow_log_(shared.slow_log),
      boot_pace_(settings_.worker.scripts.pool, settings_.worker.scripts.resident_script),
      stall_(settings_.stall_timeout),
      elasticity_({.least = static_cast<std::size_t>(settings_.workers),
                   .most = static_cast<std::size_t>(settings_.most_workers()),
                   .cooling_time = settings_.cooling_time}) {
  settings_.worker.requests.successor_first = settings_.has_successors();
  for (int i = 0; i < settings_.workers; ++i) {
    add_worker(settings_.first_worker + i, new_records(settings_.first_worker + i));
  }
}

Worker::Records WorkerPool::new_records(int index) {
  return {.metrics = metrics_.add_shard(),
          .slot = metrics_.place().add_worker(index, name()),
          .pool = counters_};
}

Worker& WorkerPool::add_worker(int index, const Worker::Records& records) {
  auto worker = std::make_unique<Worker>(index, settings_.worker, engine_, queue_, lost_clients_,
                                         slow_log_, boot_pace_, records, [this] {
                                           changes_.fetch_add(1, std::memory_order_release);
                                           changes_.notify_all();
                                         });
  Worker& added = *worker;
  workers_.lock()->push_back(std::move(worker));
  return added;
}

base::Result<void> WorkerPool::launch() {
  elasticity_.begin(base::now());
  const auto workers = workers_.lock();
  for (const auto& worker : *workers) {
    base::Result<void> launched = worker->launch();
    if (!launched) return launched;
  }
  return {};
}

base::Result<void> WorkerPool::await_start(WithoutBoot without_boot, const MustEnd& /*must_end*/) {
  for (;;) {
    const std::uint32_t seen = changes_.load(std::memory_order_acquire);
    const base::Result<Started> started = look_at_start(without_boot);
    if (!started) return std::unexpected(started.error());
    if (*started == Started::kAll) {
      has_started_.store(true, std::memory_order_relaxed);
      return {};
    }
    changes_.wait(seen, std::memory_order_acquire);
  }
}

base::Result<WorkerPool::Started> WorkerPool::look_at_start(WithoutBoot without_boot) const {
  bool all = true;
  {
    const auto workers = workers_.lock();
    for (const auto& worker : *workers) {
      const WorkerState state = worker->state();
      if (state == WorkerState::kStopped && !worker->was_lost())
        return base::fail(worker->start_error());
      all = all && state != WorkerState::kStarting && state != WorkerState::kBooting;
    }
  }
  if (all || !boot_pace_.has_failed()) return all ? Started::kAll : Started::kSome;
  if (without_boot == WithoutBoot::kServe) return Started::kAll;
  return base::fail("the resident script of the pool " + name() +
                    " does not boot: " + boot_pace_.last_reason());
}

bool WorkerPool::break_off_boots(base::MonotonicTime now) {
  still_boots_ = false;
  if (settings_.worker.scripts.resident_script.empty()) return false;
  const auto workers = workers_.lock();
  for (const auto& worker : *workers) {
    if (worker->break_off_boot(now)) still_boots_ = true;
  }
  return still_boots_;
}

bool WorkerPool::join(base::MonotonicTime until) {
  bool all = true;
  const auto workers = workers_.lock();
  for (const auto& worker : *workers) {
    const bool boots = still_boots_ && worker->state() == WorkerState::kBooting;
    if (!worker->is_stuck() && !boots) all = worker->join(until) && all;
  }
  return all;
}

void WorkerPool::restart_scripts() {
  if (settings_.worker.scripts.resident_script.empty()) return;
  {
    const auto workers = workers_.lock();
    for (const auto& worker : *workers) worker->ask_to_end(RequestSource::End::kRestart);
  }
  queue_.nudge_sleepers();
}

bool WorkerPool::any_stuck() const {
  if (still_boots_) return true;
  const auto workers = workers_.lock();
  return std::ranges::any_of(*workers, [](const auto& worker) { return worker->is_stuck(); });
}

std::size_t WorkerPool::count(WorkerState state) const {
  const auto workers = workers_.lock();
  return static_cast<std::size_t>(std::ranges::count_if(
      *workers, [&](const auto& worker) { return worker->state() == state; }));
}

observe::PoolFigures WorkerPool::figures() const {
  observe::PoolFigures figures{.name = name(),
                               .queue_depth = queue_.depth(),
                               .queue_capacity = queue_.capacity(),
                               .counts = counters_.read()};
  const auto workers = workers_.lock();
  std::uint64_t& requests = figures.counts[observe::kPoolRequests];
  requests = requests_of_removed_.load(std::memory_order_relaxed);
  for (const auto& worker : *workers) {
    ++figures.workers[static_cast<std::size_t>(worker->state())];
    requests += worker->started();
  }
  return figures;
}

std::vector<WorkerStatus> WorkerPool::statuses() const {
  std::vector<WorkerStatus> statuses;
  const auto workers = workers_.lock();
  for (const auto& worker : *workers) statuses.push_back(worker->status());
  return statuses;
}

void WorkerPool::visit_running(
    const std::function<void(int worker, Exchange&, Executor&)>& look) const {
  const auto workers = workers_.lock();
  for (const auto& worker : *workers) {
    worker->visit(
        [&](Exchange& exchange, Executor& executor) { look(worker->index(), exchange, executor); });
  }
}

}  // namespace tusk::exec::pool
