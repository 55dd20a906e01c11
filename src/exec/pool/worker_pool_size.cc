// WorkerPool: how many workers there are. The watchdog's part, too.
#include <algorithm>
#include <chrono>
#include <utility>

#include "exec/pool/worker_name.h"
#include "exec/pool/worker_pool.h"
#include "observe/log.h"

namespace tusk::exec::pool {

base::Result<Worker*> WorkerPool::start_worker(int index) {
  if (spare_records_.empty()) spare_records_.push_back(new_records(index));
  spare_records_.back().slot.assign(index, name());
  Worker& worker = add_worker(index, spare_records_.back());
  const base::Result<void> launched = worker.launch();
  if (!launched) {
    spare_records_.back().slot.clear();
    workers_.lock()->pop_back();
    return std::unexpected(launched.error());
  }
  spare_records_.pop_back();
  return &worker;
}

// Its thread, or PHP's part of it, could not be made: most likely memory is short.
void WorkerPool::note_failed_start(const Worker& worker, base::MonotonicTime now) {
  no_start_before_ = now + settings_.start_pause;
  if (&worker == succession_.next || &worker == succession_.old) {
    // The other one has the number.
    succession_.old = succession_.next = nullptr;
  } else if (!worker.is_retiring()) {
    missing_.push_back(worker.index());
  }
  if (logged_start_error_ == worker.start_error()) return;
  logged_start_error_ = worker.start_error();
  observe::error("worker cannot start",
                 {{"worker", worker.index()},
                  pool_field(settings_.worker.shown_pool),
                  {"reason", logged_start_error_},
                  {"next_try_seconds",
                   std::chrono::round<std::chrono::seconds>(settings_.start_pause).count()}});
}

// Beyond the least number of workers the load decides whether there is another one.
void WorkerPool::start_missing_workers(base::MonotonicTime now) {
  const std::vector<int> numbers = std::exchange(missing_, {});
  std::size_t workers = load().workers;
  for (const int number : numbers) {
    if (workers >= static_cast<std::size_t>(settings_.workers)) return;
    const base::Result<Worker*> started = start_worker(number);
    if (started) {
      ++workers;
    } else {
      missing_.push_back(number);
      no_start_before_ = now + settings_.start_pause;
    }
  }
}

// A worker that counts as one of the pool's: it serves, or is about to.
bool WorkerPool::takes_part(const Worker& worker) const {
  return !worker.was_lost() && !worker.is_retiring() && &worker != succession_.next &&
         worker.state() != WorkerState::kStopped;
}

Elasticity::Load WorkerPool::load() const {
  Elasticity::Load load{.waiting = queue_.depth()};
  const auto workers = workers_.lock();
  for (const auto& worker : *workers) {
    if (!takes_part(*worker)) continue;
    const WorkerState state = worker->state();
    ++load.workers;
    if (state == WorkerState::kIdle) ++load.idle;
    if (!serves(state)) ++load.starting;
  }
  return load;
}

void WorkerPool::look_at_load(base::MonotonicTime now) {
  if (elasticity_.is_fixed()) return;
  const int change = elasticity_.look(load(), now);
  if (change > 0 && now >= no_start_before_) grow(change);
  if (change < 0) shrink();
}

// A number that neither a worker has, nor a lost worker's successor will have.
std::optional<int> WorkerPool::free_number() const {
  const auto workers = workers_.lock();
  for (int number = settings_.first_worker;
       number < settings_.first_worker + settings_.most_workers(); ++number) {
    const bool in_use = std::ranges::any_of(*workers, [&](const auto& worker) {
      return worker->index() == number && !worker->was_lost();
    });
    const auto waits = [&](const std::vector<int>& numbers) {
      return std::ranges::find(numbers, number) != numbers.end();
    };
    if (!in_use && !waits(unreplaced_) && !waits(missing_)) return number;
  }
  return std::nullopt;
}

void WorkerPool::grow(int by) {
  for (int i = 0; i < by; ++i) {
    const std::optional<int> number = free_number();
    if (!number) return;
    const base::Result<Worker*> added = start_worker(*number);
    if (!added) {
      no_start_before_ = base::now() + settings_.start_pause;
      observe::warn("a pool cannot grow", {{"pool", name()}, {"reason", added.error().message}});
      return;
    }
    counters_.resized(observe::PoolResizing::kGrown);
    observe::debug("a pool has grown", {{"pool", name()}, {"worker", *number}});
  }
}

// Retires the idle worker with the highest number. It may take a request before it knows; then it
// ends after that.
void WorkerPool::shrink() {
  {
    const auto workers = workers_.lock();
    Worker* last = nullptr;
    for (const auto& worker : *workers) {
      const bool may_go = takes_part(*worker) && worker.get() != succession_.old &&
                          worker->state() == WorkerState::kIdle;
      if (may_go && (last == nullptr || worker->index() > last->index())) last = worker.get();
    }
    if (last == nullptr) return;
    last->retire();
    observe::debug("a pool has shrunk", {{"pool", name()}, {"worker", last->index()}});
  }
  counters_.resized(observe::PoolResizing::kShrunk);
  queue_.nudge_sleepers();
}

}  // namespace tusk::exec::pool
