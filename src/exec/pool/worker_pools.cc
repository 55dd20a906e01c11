#include "exec/pool/worker_pools.h"

#include <algorithm>
#include <string>
#include <utility>

#include <pthread.h>
#include <unistd.h>

#include "base/blocked_signals.h"
#include "exec/process/process_pool.h"
#include "observe/log.h"

namespace tusk::exec::pool {

WorkerPools::WorkerPools(std::vector<WorkerPoolSettings> settings, Engine& engine,
                         const std::vector<RequestQueue*>& queues, observe::Metrics& metrics)
    : lost_clients_(settings.front().lost_clients),
      slow_log_(settings.front().slow_log),
      needs_watchdog_(engine.wants_watching() ||
                      std::ranges::any_of(settings, &WorkerPoolSettings::needs_watchdog)) {
  const WorkerPool::Shared shared{engine, lost_clients_, slow_log_, metrics};
  const bool names_pools = settings.size() > 1;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    settings[i].worker.scripts.index = static_cast<std::uint16_t>(i);
    if (names_pools) settings[i].worker.shown_pool = settings[i].worker.scripts.pool;
    if (settings[i].processes) {
      pools_.push_back(
          std::make_unique<process::ProcessPool>(std::move(settings[i]), shared, *queues[i]));
    } else {
      pools_.push_back(std::make_unique<WorkerPool>(std::move(settings[i]), shared, *queues[i]));
    }
  }
}

WorkerPools::~WorkerPools() { stop_watching(); }

base::Result<void> WorkerPools::start(WithoutBoot without_boot, const MustEnd& must_end) {
  for (const auto& pool : pools_) {
    base::Result<void> launched = pool->launch();
    if (!launched) return launched;
  }
  if (needs_watchdog_) {
    const base::AllSignalsBlocked blocked;  // the thread inherits it
    watchdog_ = std::thread([this] { watch_all(); });
  }
  for (const auto& pool : pools_) {
    base::Result<void> started = pool->await_start(without_boot, must_end);
    if (!started) return started;
  }
  return {};
}

void WorkerPools::watch_all() {
  pthread_setname_np(pthread_self(), "tusk-watchdog");
  const bool elastic =
      std::ranges::any_of(pools_, [](const auto& pool) { return pool->is_elastic(); });
  const std::chrono::milliseconds tick = elastic ? kLoadTick : WorkerPool::kWatchTick;
  base::MonotonicTime watched{};
  while (!stop_watching_.try_acquire_for(tick)) {
    const base::MonotonicTime now = base::now();
    for (const auto& pool : pools_) pool->look_at_load(now);
    if (elastic && now - watched < WorkerPool::kWatchTick) continue;
    watched = now;
    for (const auto& pool : pools_) pool->watch(now);
    if (slow_log_.is_on()) slow_log_.end_of_tick(now);
    exit_if_all_are_dead();
  }
}

// Crashed workers beyond the limit are not replaced. Without any worker the process serves nobody,
// and a supervisor restarts only a process that has ended.
void WorkerPools::exit_if_all_are_dead() const {
  if (!std::ranges::all_of(pools_, [](const auto& pool) { return pool->is_dead(); })) return;
  observe::error("no worker is left: all have crashed or do not end; exiting");
  observe::flush();
  ::_exit(1);
}

void WorkerPools::stop_watching() {
  if (!watchdog_.joinable()) return;
  stop_watching_.release();
  watchdog_.join();
}

bool WorkerPools::stop(std::chrono::milliseconds timeout) {
  stop_watching();
  break_off_boots(std::min(timeout, kBootEnd));
  const base::MonotonicTime until = base::now() + timeout;
  bool all = true;
  for (const auto& pool : pools_) all = pool->join(until) && all;
  return all;
}

void WorkerPools::break_off_boots(std::chrono::milliseconds most) const {
  constexpr std::chrono::milliseconds kTick{10};
  const base::MonotonicTime until = base::now() + most;
  for (;;) {
    const base::MonotonicTime now = base::now();
    bool any = false;
    for (const auto& pool : pools_) any = pool->break_off_boots(now) || any;
    if (!any || now >= until) return;
    std::this_thread::sleep_for(kTick);
  }
}

bool WorkerPools::any_stuck() const {
  return std::ranges::any_of(pools_, [](const auto& pool) { return pool->any_stuck(); });
}

bool WorkerPools::any_dead() const {
  return std::ranges::any_of(pools_, [](const auto& pool) { return pool->is_dead(); });
}

void WorkerPools::change(const observation::SlowLogSettings& slow_log,
                         base::Duration stall_timeout) {
  slow_log_.change(slow_log);
  for (const auto& pool : pools_) pool->change(stall_timeout);
}

void WorkerPools::change_log_level(observe::Level level) {
  for (const auto& pool : pools_) pool->change_log_level(level);
}

void WorkerPools::restart_scripts() {
  for (const auto& pool : pools_) pool->restart_scripts();
}

void WorkerPools::reopen_logs() {
  for (const auto& pool : pools_) pool->reopen_logs();
}

base::Result<void> WorkerPools::begin_renewal() {
  base::Result<void> result;
  for (const auto& pool : pools_) {
    const base::Result<void> begun = pool->begin_renewal();
    if (!begun && result)
      result = base::fail("pool " + pool->name() + ": " + begun.error().message);
  }
  return result;
}

Renewal WorkerPools::renewal() const {
  Renewal result;
  for (const auto& pool : pools_) {
    Renewal renewal = pool->renewal();
    if (renewal.state == Renewal::State::kUnderWay) return renewal;
    if (result.state == Renewal::State::kFailed) continue;
    result = std::move(renewal);
    if (result.state == Renewal::State::kFailed)
      result.reason = "pool " + pool->name() + ": " + result.reason;
  }
  return result;
}

std::size_t WorkerPools::count(WorkerState state) const {
  std::size_t count = 0;
  for (const auto& pool : pools_) count += pool->count(state);
  return count;
}

std::vector<WorkerStatus> WorkerPools::statuses() const {
  std::vector<WorkerStatus> all;
  for (const auto& pool : pools_) {
    for (WorkerStatus& status : pool->statuses()) all.push_back(std::move(status));
  }
  return all;
}

void WorkerPools::visit_running(
    const std::function<void(int worker, Exchange&, Executor&)>& look) const {
  for (const auto& pool : pools_) pool->visit_running(look);
}

std::vector<pid_t> WorkerPools::processes() const {
  std::vector<pid_t> all;
  for (const auto& pool : pools_) {
    for (const pid_t process : pool->processes()) all.push_back(process);
  }
  return all;
}

observe::OpcacheState WorkerPools::code_cache() const {
  observe::OpcacheState all;
  for (const auto& pool : pools_) all.add(pool->code_cache());
  return all;
}

base::Duration WorkerPools::stalled_for() const {
  base::Duration longest{};
  for (const auto& pool : pools_) longest = std::max(longest, pool->stalled_for());
  return longest;
}

}  // namespace tusk::exec::pool
