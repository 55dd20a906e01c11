#include "exec/worker_pool.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include <unistd.h>

#include "base/blocked_signals.h"
#include "observe/log.h"

namespace tusk::exec {

namespace {

std::int64_t in_seconds(base::Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

}  // namespace

WorkerPool::WorkerPool(WorkerPoolSettings settings, Engine& engine, RequestQueue& queue,
                       observe::Metrics& metrics)
    : settings_(std::move(settings)),
      engine_(engine),
      queue_(queue),
      metrics_(metrics),
      lost_clients_(settings_.lost_clients),
      slow_log_(settings_.slow_log),
      boot_pace_(settings_.worker.scripts.pool, settings_.worker.scripts.resident_script),
      stall_(settings_.stall_timeout) {
  for (int i = 0; i < settings_.workers; ++i) add_worker(i, new_records(i));
}

WorkerPool::~WorkerPool() { stop_watching(); }

Worker::Records WorkerPool::new_records(int index) {
  return {.metrics = metrics_.add_shard(), .slot = metrics_.place().add_worker(index)};
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

base::Result<void> WorkerPool::start(WithoutBoot without_boot) {
  {
    const auto workers = workers_.lock();
    for (const auto& worker : *workers) {
      base::Result<void> launched = worker->launch();
      if (!launched) return launched;
    }
  }
  // It watches boots, too.
  if (engine_.wants_watching()) {
    const base::AllSignalsBlocked blocked;  // the thread inherits it
    watchdog_ = std::thread([this] { watch_all(); });
  }
  for (;;) {
    const std::uint32_t seen = changes_.load(std::memory_order_acquire);
    const base::Result<Started> started = look_at_start(without_boot);
    if (!started) return std::unexpected(started.error());
    if (*started == Started::kAll) return {};
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
      all = all && state != WorkerState::kStarting;
    }
  }
  if (all || !boot_pace_.has_failed()) return all ? Started::kAll : Started::kSome;
  if (without_boot == WithoutBoot::kServe) return Started::kAll;
  return base::fail("the resident script of the pool " + settings_.worker.scripts.pool +
                    " does not boot: " + boot_pace_.last_reason());
}

void WorkerPool::watch_all() {
  pthread_setname_np(pthread_self(), "tusk-watchdog");
  while (!stop_watching_.try_acquire_for(kWatchTick)) {
    const base::MonotonicTime now = base::now();
    watch_workers(now);
    end_loops_if_needed();
    if (slow_log_.is_on()) slow_log_.end_of_tick(now);
    check_for_stall(now);
    if (!unreplaced_.empty()) replace_lost_workers();
    exit_if_no_worker_is_left(now);
  }
}

// Crashed workers beyond the limit are not replaced. Without any worker the process serves nobody,
// and a supervisor restarts only a process that has ended.
void WorkerPool::exit_if_no_worker_is_left(base::MonotonicTime now) {
  const bool none_left =
      unreplaced_.size() == static_cast<std::size_t>(settings_.workers) && any_stuck();
  if (!none_left) {
    no_worker_since_.reset();
    return;
  }
  if (!no_worker_since_) no_worker_since_ = now;
  if (now - *no_worker_since_ < kNoWorkersLimit) return;
  observe::error("no worker is left: all have crashed or do not end; exiting");
  observe::flush();
  ::_exit(1);
}

bool WorkerPool::any_stuck() const {
  const auto workers = workers_.lock();
  return std::ranges::any_of(*workers, [](const auto& worker) { return worker->is_stuck(); });
}

// Ends requests that are past their time, and removes lost workers that have ended.
void WorkerPool::watch_workers(base::MonotonicTime now) {
  const auto workers = workers_.lock();
  std::erase_if(*workers, [&](const std::unique_ptr<Worker>& worker) {
    // A worker that starts may boot a resident script.
    const WorkerState state = worker->state();
    if ((state == WorkerState::kBusy || state == WorkerState::kStarting) && worker->watch(now)) {
      unreplaced_.push_back(worker->index());
    } else if (state == WorkerState::kLost) {
      worker->watch_lost(now);
    }
    constexpr timespec kNoWait{};
    const bool ended =
        worker->was_lost() && worker->state() == WorkerState::kStopped && worker->join(kNoWait);
    if (ended) {
      worker->records().slot.clear();
      spare_records_.push_back(worker->records());
    }
    return ended;
  });
}

// Resident scripts that wait for requests: those with a request look themselves when it has ended.
void WorkerPool::end_loops_if_needed() {
  if (settings_.worker.scripts.resident_script.empty() || !engine_.loops_must_end()) return;
  {
    const auto workers = workers_.lock();
    for (const auto& worker : *workers) {
      // One that boots does so after what the engine waits for.
      if (worker->state() == WorkerState::kIdle) worker->ask_to_end(RequestSource::End::kRestart);
    }
  }
  queue_.nudge_sleepers();
}

void WorkerPool::restart_scripts() {
  if (settings_.worker.scripts.resident_script.empty()) return;
  {
    const auto workers = workers_.lock();
    for (const auto& worker : *workers) worker->ask_to_end(RequestSource::End::kRestart);
  }
  queue_.nudge_sleepers();
}

// Logs once, when the stall begins, what every worker is doing.
void WorkerPool::check_for_stall(base::MonotonicTime now) {
  const std::size_t waiting = queue_.depth();
  const StallWatch::Change change = stall_.check(now, waiting, queue_.taken());
  if (change == StallWatch::Change::kNone) return;
  if (change == StallWatch::Change::kRecovered) {
    observe::warn("workers take requests again");
    return;
  }
  observe::error("requests wait, and no worker takes any",
                 {{"waiting", waiting}, {"seconds", in_seconds(stall_.stalled_for(now))}});
  constexpr std::size_t kMaxLogged = 64;
  std::size_t said = 0;
  for (const WorkerStatus& status : statuses()) {
    if (status.target.empty() || ++said > kMaxLogged) continue;
    observe::error("what a worker is doing", {{"worker", status.worker},
                                              {"state", to_string(status.state)},
                                              {"seconds", in_seconds(status.running)},
                                              {"request", status.request_id},
                                              {"method", status.method},
                                              {"uri", status.target},
                                              {"script", status.script}});
  }
}

// Replaces lost workers while there is room for more threads; otherwise a later call does it.
void WorkerPool::replace_lost_workers() {
  const std::size_t most = static_cast<std::size_t>(settings_.workers) + settings_.max_lost;
  while (!unreplaced_.empty()) {
    base::Result<void> replaced = base::fail("the limit of lost workers is reached");
    if (workers_.lock()->size() < most) replaced = start_successor(unreplaced_.back());
    if (!replaced) {
      if (!logged_unreplaced_) {
        observe::error("a lost worker is not replaced",
                       {{"worker", unreplaced_.back()}, {"reason", replaced.error().message}});
      }
      logged_unreplaced_ = true;
      return;
    }
    unreplaced_.pop_back();
  }
  logged_unreplaced_ = false;
}

base::Result<void> WorkerPool::start_successor(int index) {
  if (spare_records_.empty()) spare_records_.push_back(new_records(index));
  spare_records_.back().slot.assign(index);
  Worker& successor = add_worker(index, spare_records_.back());
  base::Result<void> launched = successor.launch();
  if (launched) {
    spare_records_.pop_back();
  } else {
    spare_records_.back().slot.clear();
    workers_.lock()->pop_back();
  }
  return launched;
}

void WorkerPool::stop_watching() {
  if (!watchdog_.joinable()) return;
  stop_watching_.release();
  watchdog_.join();
}

bool WorkerPool::stop(std::chrono::milliseconds timeout) {
  timespec until{};
  ::clock_gettime(CLOCK_REALTIME, &until);
  const auto total_ns = until.tv_nsec + (timeout.count() % 1000) * 1'000'000;
  until.tv_sec += timeout.count() / 1000 + total_ns / 1'000'000'000;
  until.tv_nsec = total_ns % 1'000'000'000;
  stop_watching();
  bool all = true;
  const auto workers = workers_.lock();
  for (const auto& worker : *workers) {
    if (!worker->is_stuck()) all = worker->join(until) && all;
  }
  return all;
}

std::size_t WorkerPool::count(WorkerState state) const {
  std::size_t count = 0;
  const auto workers = workers_.lock();
  for (const auto& worker : *workers) {
    if (worker->state() == state) ++count;
  }
  return count;
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

}  // namespace tusk::exec
