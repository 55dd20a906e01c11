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
  std::unique_ptr<HostLink> gone;
  {
    const base::MutexLock lock(mutex_);
    gone = std::move(old_host_);
    fill(now);
    if (relay_.has_broken() && state_.host != nullptr) {
      for (const auto& [worker, pid] : relay_.take_broken()) {
        observe::error("a worker process has written what is no response: it is killed",
                       {{"worker", worker}, pool::pool_field(settings_.worker.shown_pool)});
        state_.host->signal(worker, pid, SIGKILL);
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
  relay_.visit([&](RemoteWorker& worker) {
    if (worker.serves()) {
      worker.show_serving();
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
    const Exchange* const exchange = worker.running(since);
    if (exchange == nullptr || worker.pid() == 0) return;
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
  end_succeeded();
  if (signals.empty() && wanted.empty()) return;
  const base::MutexLock lock(mutex_);
  if (state_.host == nullptr) return;
  for (const int worker : wanted) {
    if (!start_worker(worker)) state_.vacant.push_back({.worker = worker});
  }
  for (const Signal& signal : signals)
    state_.host->signal(signal.worker, signal.pid, signal.number);
}

// Ends those whose successor serves.
void ProcessPool::end_succeeded() {
  std::vector<int> serving;
  relay_.visit([&](const RemoteWorker& worker) {
    if (worker.serves() && !worker.has_successor()) serving.push_back(worker.index());
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
