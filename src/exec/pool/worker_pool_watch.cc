// WorkerPool: the watchdog's part.
#include <algorithm>
#include <utility>

#include "exec/pool/stall_lines.h"
#include "exec/pool/worker_name.h"
#include "exec/pool/worker_pool.h"
#include "observe/log.h"

namespace tusk::exec::pool {

void WorkerPool::watch(base::MonotonicTime now) {
  watch_workers(now);
  nudge_ending_workers();
  end_loops_if_needed();
  check_for_stall(now);
  if (now >= no_start_before_) {
    if (!unreplaced_.empty()) replace_lost_workers();
    if (!missing_.empty()) start_missing_workers(now);
    // Every worker that is needed has been tried again.
    if (now >= no_start_before_ + settings_.start_pause) logged_start_error_.clear();
  }
  if (settings_.has_successors()) advance_succession(now);
  check_for_death(now);
}

// Ends requests that are past their time, and removes workers that have ended: lost and retired
// ones, and those that could not start.
void WorkerPool::watch_workers(base::MonotonicTime now) {
  const auto workers = workers_.lock();
  std::erase_if(*workers, [&](const std::unique_ptr<Worker>& worker) {
    const WorkerState state = worker->state();
    // A resident script is watched while it boots, too.
    const bool runs = state == WorkerState::kBusy || state == WorkerState::kBooting;
    if (runs && worker->watch(now)) {
      note_lost(*worker);
    } else if (state == WorkerState::kLost) {
      worker->watch_lost(now);
    }
    constexpr base::MonotonicTime kNoWait{};
    const bool stopped = worker->state() == WorkerState::kStopped;
    const bool failed = stopped && !worker->was_lost() && !worker->start_error().empty();
    // The first ones are await_start()'s.
    const bool is_over = worker->was_lost() || worker->is_retiring() ||
                         (failed && has_started_.load(std::memory_order_relaxed));
    const bool ended = stopped && is_over && worker->join(kNoWait);
    if (ended) {
      if (failed) note_failed_start(*worker, now);
      requests_of_removed_.fetch_add(worker->started(), std::memory_order_relaxed);
      worker->records().slot.clear();
      spare_records_.push_back(worker->records());
    }
    return ended;
  });
}

// A nudge may be lost: a worker that sleeps again at once can take the one that was meant for
// another.
void WorkerPool::nudge_ending_workers() {
  {
    const auto workers = workers_.lock();
    const bool any_sleeps = std::ranges::any_of(*workers, [](const auto& worker) {
      return worker->is_asked_to_end() && worker->state() == WorkerState::kIdle;
    });
    if (!any_sleeps) return;
  }
  queue_.nudge_sleepers();
}

void WorkerPool::note_lost(const Worker& worker) {
  if (worker.is_retiring()) return;  // another one has its place, or none is needed
  const bool has_other = &worker == succession_.old || &worker == succession_.next;
  if (has_other) {
    // The next successor might be lost, too.
    if (&worker == succession_.next) succession_.not_before = base::now() + settings_.start_pause;
    succession_.old = succession_.next = nullptr;
  } else {
    unreplaced_.push_back(worker.index());
  }
}

// Resident scripts that wait for requests: those with a request look themselves when it has ended.
void WorkerPool::end_loops_if_needed() {
  if (settings_.worker.scripts.resident_script.empty() || !engine_.loops_must_end()) return;
  {
    const auto workers = workers_.lock();
    for (const auto& worker : *workers) {
      // One that boots does so after what the engine waits for.
      if (worker->state() == WorkerState::kIdle && !worker->keeps_serving())
        worker->ask_to_end(RequestSource::End::kRestart);
    }
  }
  queue_.nudge_sleepers();
}

void WorkerPool::check_for_stall(base::MonotonicTime now) {
  const std::size_t waiting = queue_.depth();
  const StallWatch::Change change = stall_.check(now, waiting, queue_.taken());
  log_stall({.change = change, .waiting = waiting, .lasts = stall_.stalled_for(now)}, *this,
            settings_.worker.shown_pool);
}

std::size_t WorkerPool::count_lost() const {
  const auto workers = workers_.lock();
  return static_cast<std::size_t>(
      std::ranges::count_if(*workers, [](const auto& worker) { return worker->was_lost(); }));
}

std::size_t WorkerPool::replaced_lost_workers() const {
  const auto workers = workers_.lock();
  const auto lost = std::ranges::count_if(
      *workers, [](const auto& worker) { return worker->was_lost() && !worker->is_retiring(); });
  return static_cast<std::size_t>(lost) - std::min<std::size_t>(unreplaced_.size(), lost);
}

// Replaces lost workers while there is room for more threads; otherwise a later call does it.
void WorkerPool::replace_lost_workers() {
  while (!unreplaced_.empty()) {
    base::Result<Worker*> replaced = base::fail("the limit of lost workers is reached");
    if (replaced_lost_workers() < settings_.max_lost) replaced = start_worker(unreplaced_.back());
    if (!replaced) {
      if (!logged_unreplaced_) {
        observe::error("a lost worker is not replaced", {{"worker", unreplaced_.back()},
                                                         pool_field(settings_.worker.shown_pool),
                                                         {"reason", replaced.error().message}});
      }
      logged_unreplaced_ = true;
      return;
    }
    unreplaced_.pop_back();
  }
  logged_unreplaced_ = false;
}

// A worker that has reached a limit serves until its successor does, one at a time. If there is no
// memory for another thread, it restarts in place.
void WorkerPool::advance_succession(base::MonotonicTime now) {
  if (succession_.next != nullptr) {
    const WorkerState state = succession_.next->state();
    if (serves(state)) {
      succession_.old->retire();
      queue_.nudge_sleepers();
    } else if (state == WorkerState::kStopped) {
      succession_.next->retire();
      succession_.not_before = now + settings_.start_pause;
    } else {
      return;  // it boots
    }
    succession_.old = succession_.next = nullptr;
    return;
  }
  // Each lost successor is a thread that may never come back.
  if (now < succession_.not_before || now < no_start_before_ || count_lost() >= settings_.max_lost)
    return;
  Worker* const old = over_its_limit();
  if (old == nullptr) return;
  const base::Result<Worker*> next = start_worker(old->index());
  if (next) {
    succession_.old = old;
    succession_.next = *next;
    return;
  }
  observe::warn("a worker restarts without a successor", {{"worker", old->index()},
                                                          pool_field(settings_.worker.shown_pool),
                                                          {"reason", next.error().message}});
  old->ask_to_end(RequestSource::End::kRequestLimit);
  queue_.nudge_sleepers();
}

Worker* WorkerPool::over_its_limit() const {
  const auto workers = workers_.lock();
  const auto found = std::ranges::find_if(*workers, [](const auto& worker) {
    return worker->wants_successor() && !worker->was_lost() && !worker->is_retiring();
  });
  return found != workers->end() ? found->get() : nullptr;
}

// Lost workers that are not stuck may come back, and then their numbers get new ones.
void WorkerPool::check_for_death(base::MonotonicTime now) {
  bool any_serves = false;
  bool any_stuck = false;
  {
    const auto workers = workers_.lock();
    for (const auto& worker : *workers) {
      any_serves = any_serves || (!worker->was_lost() && worker->state() != WorkerState::kStopped);
      any_stuck = any_stuck || worker->is_stuck();
    }
  }
  if (any_serves || !any_stuck || !missing_.empty()) {
    no_worker_since_.reset();
    dead_.store(false, std::memory_order_relaxed);
    return;
  }
  if (!no_worker_since_) no_worker_since_ = now;
  if (is_dead() || now - *no_worker_since_ < kNoWorkersLimit) return;
  dead_.store(true, std::memory_order_relaxed);
  if (settings_.worker.shown_pool.empty()) return;  // the process ends, and says so
  observe::error("a pool has no worker left: all have crashed or do not end", {{"pool", name()}});
}

}  // namespace tusk::exec::pool
