// ProcessPool: how many workers there are. The watchdog's part.
#include <algorithm>
#include <set>

#include "exec/process/process_pool.h"
#include "observe/log.h"

namespace tusk::exec::process {

pool::Elasticity::Load ProcessPool::load() const {
  pool::Elasticity::Load load{.waiting = queue_.depth()};
  std::set<int> serving;
  relay_.visit([&](const RemoteWorker& worker) {
    if (!worker.serves()) return;
    serving.insert(worker.index());
    load.idle += worker.is_free() ? 1 : 0;
  });
  load.workers = static_cast<std::size_t>(std::ranges::count(state_.is_wanted, true));
  load.starting = load.workers - std::min(load.workers, serving.size());
  return load;
}

void ProcessPool::look_at_load(base::MonotonicTime now) {
  if (elasticity_.is_fixed()) return;
  const base::MutexLock lock(mutex_);
  // A renewal has as many workers on both sides.
  if (state_.ends || state_.serving == 0 || state_.coming != 0) return elasticity_.begin(now);
  const int change = elasticity_.look(load(), now);
  if (change > 0) grow(change, now);
  if (change < 0) shrink();
}

void ProcessPool::grow(int by, base::MonotonicTime now) {
  for (int number = settings_.first_worker; by > 0 && place(number) < state_.is_wanted.size();
       ++number) {
    // A process that has been told to end may still have it.
    if (state_.is_wanted[place(number)] || has_process(number)) continue;
    state_.is_wanted[place(number)] = true;
    slot(number).assign(number, name());
    state_.vacant.push_back({.worker = number, .not_before = now});
    counters_.resized(observe::PoolResizing::kGrown);
    observe::debug("a pool has grown", {{"pool", name()}, {"worker", number}});
    --by;
  }
  fill(now);
}

// Has the idle worker with the highest number end. It may have taken a request before it knows;
// then it ends after that.
void ProcessPool::shrink() {
  int last = -1;
  relay_.visit([&](const RemoteWorker& worker) {
    if (worker.serves() && worker.is_free() && !worker.has_successor())
      last = std::max(last, worker.index());
  });
  if (last < 0) return;
  state_.is_wanted[place(last)] = false;
  relay_.visit([&](RemoteWorker& worker) {
    if (worker.index() == last) worker.ask_to_end();
  });
  counters_.resized(observe::PoolResizing::kShrunk);
  observe::debug("a pool has shrunk", {{"pool", name()}, {"worker", last}});
}

}  // namespace tusk::exec::process
