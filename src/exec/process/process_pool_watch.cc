// ProcessPool: the watchdog's part.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include "exec/process/process_pool.h"
#include "observe/log.h"

namespace tusk::exec::process {

namespace {

std::uint64_t resident_bytes(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/statm";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                             &std::fclose);
  unsigned long total = 0;
  unsigned long resident = 0;
  unsigned long shared = 0;
  if (file == nullptr || std::fscanf(file.get(), "%lu %lu %lu", &total, &resident, &shared) != 3)
    return 0;
  // Without what it shares: OPcache's memory, libraries.
  return std::uint64_t{resident - shared} * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void ProcessPool::watch(base::MonotonicTime now) {
  std::vector<std::unique_ptr<HostLink>> gone;
  {
    const base::MutexLock lock(mutex_);
    gone = std::move(state_.gone);
    fill(now);
    watch_hosts(now);
    look_at_renewal();
    replace_workers_of_old_hosts(now);
    stop_idle_hosts();
    give_up_undead(now);
    if (relay_.has_broken()) {
      for (const auto& [worker, pid] : relay_.take_broken()) {
        observe::error("a worker process has written what is no response: it is killed",
                       {{"worker", worker}, pool::pool_field(settings_.worker.shown_pool)});
        kill_worker(worker, pid, now);
      }
    }
  }
  watch_workers(now);
  const std::size_t waiting = queue_.depth();
  const StallWatch::Change change = stall_.check(now, waiting, queue_.taken());
  if (change == StallWatch::Change::kRecovered) {
    observe::warn("workers take requests again", {pool::pool_field(settings_.worker.shown_pool)});
  } else if (change == StallWatch::Change::kStalled) {
    observe::error("requests wait, and no worker takes any",
                   {pool::pool_field(settings_.worker.shown_pool), {"waiting", waiting}});
  }
  // A wake-up that got lost would otherwise cost a request its answer.
  relay_.round_for_sleeping_loops();
}

void ProcessPool::watch_workers(base::MonotonicTime now) {
  struct Signal {
    int worker;
    pid_t pid;
    int number;
  };
  std::vector<Signal> signals;
  std::vector<int> wanted;  // successors
  const std::uint64_t most_requests = settings_.worker.requests.max_requests;
  bool any_new = false;
  relay_.visit([&](RemoteWorker& worker) {
    worker.look_whether_awake();
    if (worker.serves()) {
      any_new = worker.show_serving() || any_new;
      const bool enough = most_requests != 0 && worker.begun() >= most_requests;
      if (!worker.has_successor() && (enough || is_over_memory_limit(worker))) {
        const auto why =
            enough ? observe::WorkerRecycling::kRequests : observe::WorkerRecycling::kMemory;
        metrics_.worker_recycled(why);
        counters_.recycled(why);
        worker.set_successor(true);
        wanted.push_back(worker.index());
      }
    }
    base::MonotonicTime since{};
    if (worker.pid() == 0 || worker.killed() != base::MonotonicTime{}) return;
    if (const base::MonotonicTime silent = worker.silent_since();
        silent != base::MonotonicTime{} && now - silent >= kTimeToWake) {
      observe::error("a worker process does not take its requests: it is killed",
                     {{"worker", worker.index()}, pool::pool_field(settings_.worker.shown_pool)});
      signals.push_back({worker.index(), worker.pid(), SIGKILL});
      return;
    }
    const Exchange* const exchange = worker.running(since);
    if (exchange == nullptr) return;
    if (exchange->waits_for_client() || worker.is_late()) return;
    constexpr base::MonotonicTime kNever{};
    const base::MonotonicTime deadline = worker.deadline();
    if (deadline != kNever && now >= deadline)
      signals.push_back({worker.index(), worker.pid(), time_signal()});
    const base::MonotonicTime lost_at = worker.lost_at();
    const bool is_lost = lost_at != kNever && now >= lost_at;
    const base::Duration ran = now - since - exchange->waited();
    const base::Duration limit =
        worker.runs_event_stream() ? processes_.sse_limit : processes_.request_limit;
    const bool is_far_past = limit.count() != 0 && ran >= limit + kKillAfter;
    if (!is_lost && !is_far_past) return;
    worker.set_late();
    signals.push_back({worker.index(), worker.pid(), SIGKILL});
  });
  const base::MutexLock lock(mutex_);
  end_succeeded(state_.coming);
  if (any_new) {
    state_.failures = 0;
    state_.failure.clear();
  }
  for (const int worker : wanted) {
    const bool can_start = state_.serving != 0 && !is_being_forked(worker);
    if (!can_start || !start_worker(worker, state_.serving))
      state_.vacant.push_back({.worker = worker});
  }
  for (const Signal& each : signals) {
    if (each.number == SIGKILL) {
      kill_worker(each.worker, each.pid, now);
      continue;
    }
    signal(each.worker, each.pid, each.number);
  }
}

void ProcessPool::kill_worker(int index, pid_t pid, base::MonotonicTime now) {
  relay_.visit([&](RemoteWorker& worker) {
    if (worker.index() != index || worker.pid() != pid) return;
    worker.set_killed(now);
    signal(worker, SIGKILL);
  });
}

void ProcessPool::give_up_undead(base::MonotonicTime now) {
  std::vector<std::pair<int, pid_t>> undead;
  relay_.visit([&](const RemoteWorker& worker) {
    const base::MonotonicTime killed = worker.killed();
    if (killed != base::MonotonicTime{} && now - killed >= kTimeToDie)
      undead.emplace_back(worker.index(), worker.pid());
  });
  for (const auto& [index, pid] : undead) {
    (void)relay_.remove(index, pid, "was killed, and waits in the kernel");
    if (!has_another(index)) add_vacant(index, now);
  }
}

// Ends those whose successor serves. While a renewal may still fail, the workers of its host
// succeed nobody.
void ProcessPool::end_succeeded(int coming) {
  std::vector<int> serving;
  relay_.visit([&](const RemoteWorker& worker) {
    if (worker.serves() && !worker.has_successor() && (coming == 0 || worker.host() != coming))
      serving.push_back(worker.index());
  });
  relay_.visit([&](RemoteWorker& worker) {
    if (!worker.has_successor() || worker.is_ending()) return;
    if (std::ranges::find(serving, worker.index()) != serving.end()) worker.ask_to_end();
  });
}

bool ProcessPool::is_over_memory_limit(const RemoteWorker& worker) const {
  const std::uint64_t limit = settings_.worker.memory_limit;
  return limit != 0 && worker.pid() != 0 && worker.is_free() &&
         resident_bytes(worker.pid()) > limit;
}

}  // namespace tusk::exec::process
