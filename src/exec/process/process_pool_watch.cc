// ProcessPool: the watchdog's part.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "exec/pool/stall_lines.h"
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

observe::OpcacheRestartReason wished_cache(const RemoteWorker& worker) {
  if (worker.wishes(Wish::kMemory)) return observe::OpcacheRestartReason::kMemory;
  if (worker.wishes(Wish::kKeys)) return observe::OpcacheRestartReason::kKeys;
  return observe::OpcacheRestartReason::kReset;
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
    begin_wanted_renewal(now);
    replace_workers_of_old_hosts(now);
    stop_idle_hosts();
    tell_of_logs();
    give_up_undead(now);
    if (relay_.has_broken()) {
      for (const auto& [worker, pid] : relay_.take_broken()) {
        observe::error("a worker process has written what is no response: it is killed",
                       {{"worker", worker}, pool::pool_field(settings_.worker.shown_pool)});
        // The host does not know it by its number alone.
        pid != 0 ? kill_worker(worker, pid, now) : state_.broken.push_back(worker);
      }
    }
  }
  watch_workers(now);
  watch_group(now);
  report_lost_lines();
  if (slow_log_.is_on()) watch_slow_scripts(now);
  const std::size_t waiting = queue_.depth();
  const StallWatch::Change change = stall_.check(now, waiting, queue_.taken());
  log_stall({.change = change, .waiting = waiting, .lasts = stall_.stalled_for(now)}, *this,
            settings_.worker.shown_pool);
  // A wake-up that got lost would otherwise cost a request its answer.
  relay_.round_for_sleeping_loops();
}

void ProcessPool::watch_workers(base::MonotonicTime now) {
  const std::set<pid_t> large = over_memory_limit();
  const base::MutexLock lock(mutex_);
  std::vector<Signal> signals;
  relay_.visit([&](RemoteWorker& worker) {
    worker.look_whether_awake();
    const auto process = state_.processes.find(worker.pid());
    if (process == state_.processes.end()) return;
    note_serving(worker, process->second, now);
    if (worker.wishes(Wish::kNewHost) && worker.host() == state_.serving)
      want_new_cache(wished_cache(worker), now);
    // What waits for a script that boots goes to another worker that is idle.
    if (!worker.has_begun() && !worker.is_free()) worker.begin_dozing(now);
    if (worker.killed() != base::MonotonicTime{}) return;
    if (const int number = signal_for(worker, process->second, now); number != 0)
      signals.push_back({worker.index(), worker.pid(), number});
  });
  look_at_cache(now);
  send(signals, now);
  refuse_if_down(now);
  end_succeeded(state_.coming);
  advance_succession(large, now);
}

// What a script has started may take memory, too.
void ProcessPool::watch_group(base::MonotonicTime now) {
  const std::uint64_t killed = group_.killed_programs(now);
  if (killed == 0) return;
  observe::error("out of memory in a pool's cgroup: programs that scripts have started were killed",
                 {pool::pool_field(settings_.worker.shown_pool), {"programs", killed}});
}

// Waits until no more are lost: before, this line could be lost as well.
void ProcessPool::report_lost_lines() {
  const std::uint64_t lost = relay_.take_lost_lines();
  lost_lines_ += lost;
  if (lost != 0 || lost_lines_ == 0) return;
  observe::warn(
      "log lines of worker processes were lost: they could not be written fast enough",
      {pool::pool_field(settings_.worker.shown_pool), {"lost", std::exchange(lost_lines_, 0)}});
}

void ProcessPool::watch_slow_scripts(base::MonotonicTime now) {
  const base::MutexLock lock(mutex_);
  const RemoteWorker::Look look = [&](int worker, Exchange& exchange, Executor& executor) {
    slow_log_.watch({worker, settings_.worker.shown_pool}, exchange, executor, now);
  };
  relay_.visit([&](RemoteWorker& worker) {
    worker.visit_running(now, look);
    if (!boots_in_workers() || worker.has_begun()) return;
    const auto process = state_.processes.find(worker.pid());
    if (process == state_.processes.end()) return;
    Exchange boot;
    prepare_boot(boot, process->second);
    worker.visit_boot(boot, look);
  });
}

// When somebody looks at the figures, so that they are those of the requests that have ended.
void ProcessPool::show_path_caches() const {
  PathCacheUse all;
  relay_.visit([&](const RemoteWorker& worker) {
    const PathCacheUse use = worker.path_cache();
    all.bytes += use.bytes;
    all.entries += use.entries;
    all.max_bytes += use.max_bytes;
  });
  metrics_.set<observe::Metric::kRealpathBytes>(all.bytes);
  metrics_.set<observe::Metric::kRealpathEntries>(all.entries);
  metrics_.set<observe::Metric::kRealpathMaxBytes>(all.max_bytes);
}

void ProcessPool::send(const std::vector<Signal>& signals, base::MonotonicTime now) {
  for (const Signal& each : signals) {
    if (each.number == SIGKILL) {
      kill_worker(each.worker, each.pid, now);
      continue;
    }
    relay_.visit([&](const RemoteWorker& worker) {
      if (worker.index() == each.worker && worker.pid() == each.pid)
        (void)signal(worker, each.number);
    });
  }
}

// Which signal the worker needs now; 0: none. The worker says when its script's time is over, be it
// a request's, a boot's, or that of what runs between two requests.
int ProcessPool::signal_for(RemoteWorker& worker, Process& process, base::MonotonicTime now) {
  if (const int number = kill_of_silent(worker, process, now); number != 0) return number;
  base::MonotonicTime since{};
  const Exchange* const exchange = worker.running(since);
  if (exchange != nullptr && exchange->waits_for_client()) return 0;
  constexpr base::MonotonicTime kNever{};
  const base::MonotonicTime lost_at = worker.lost_at();
  const bool is_lost = lost_at != kNever && now >= lost_at;
  if (is_lost || is_far_past(worker, process, now)) {
    worker.note_last_place();
    if (exchange != nullptr) {
      worker.set_late();
    } else {
      process.reason = worker.has_begun() ? "its script does not end" : "its boot does not end";
      observe::error("a worker process is killed: its script does not end",
                     {{"worker", worker.index()},
                      pool::pool_field(settings_.worker.shown_pool),
                      {"waits_in", worker.last_wait()},
                      {"backtrace", worker.last_backtrace()}});
    }
    return SIGKILL;
  }
  const base::MonotonicTime deadline = worker.deadline();
  return deadline != kNever && now >= deadline ? time_signal() : 0;
}

// Zero: any time. A resident script may do something after its last request, as long as a request.
base::Duration ProcessPool::time_to_end() const {
  if (!boots_in_workers()) return kTimeToWake;
  const base::Duration limit = processes_.request_limit;
  return limit.count() == 0 ? limit : limit + kKillAfter;
}

int ProcessPool::kill_of_silent(RemoteWorker& worker, Process& process, base::MonotonicTime now) {
  // It ends without being told by its host: a host that hangs is noticed by the message that it
  // does not read.
  const base::MonotonicTime end = worker.should_have_ended_since();
  const base::Duration most = time_to_end();
  if (end != base::MonotonicTime{} && most.count() != 0 && now - end >= most) {
    observe::error("a worker process does not end: it is killed",
                   {{"worker", worker.index()}, pool::pool_field(settings_.worker.shown_pool)});
    return SIGKILL;
  }
  const base::MonotonicTime silent = worker.silent_since();
  // While its script boots it cannot take any.
  if (silent == base::MonotonicTime{} || !worker.has_begun()) return 0;
  if (now - std::max(silent, process.since) < kTimeToWake) return 0;
  observe::error("a worker process does not take its requests: it is killed",
                 {{"worker", worker.index()}, pool::pool_field(settings_.worker.shown_pool)});
  return SIGKILL;
}

// The server's own limits: a worker may have written anything. Each page that warms a script up has
// a time of its own.
bool ProcessPool::is_far_past(const RemoteWorker& worker, const Process& process,
                              base::MonotonicTime now) const {
  base::MonotonicTime since{};
  base::Duration limit = processes_.request_limit;
  base::Duration ran{};
  if (const Exchange* const exchange = worker.running(since); exchange != nullptr) {
    if (worker.runs_event_stream()) limit = processes_.sse_limit;
    ran = now - since - exchange->waited();
  } else if (!worker.has_begun()) {
    limit *= 1 + static_cast<std::int64_t>(settings_.worker.scripts.warm_up.size());
    ran = now - process.since;
  }
  return limit.count() != 0 && ran >= limit + kKillAfter;
}

// One worker that has reached a limit gets a successor, and then the next one.
void ProcessPool::advance_succession(const std::set<pid_t>& large, base::MonotonicTime now) {
  // A renewal replaces all of them.
  if (state_.ends || state_.serving == 0 || state_.coming != 0 || now < state_.no_successor_before)
    return;
  const std::uint64_t most_requests =
      boots_in_workers() ? settings_.worker.requests.max_requests : 0;
  bool any_under_way = false;
  int index = -1;
  pid_t old = 0;
  bool enough = false;
  relay_.visit([&](const RemoteWorker& worker) {
    if (worker.host() != state_.serving || worker.is_ending()) return;
    any_under_way = any_under_way || worker.has_successor();
    const bool is_at_end = most_requests != 0 && worker.begun() >= most_requests;
    const bool is_over =
        is_at_end || large.contains(worker.pid()) || worker.wishes(Wish::kSuccessor);
    if (index >= 0 || worker.pid() == 0 || !worker.serves() || !is_over) return;
    index = worker.index();
    old = worker.pid();
    enough = is_at_end;
  });
  if (any_under_way || index < 0 || is_being_forked(index)) return;
  const base::Result<Started> started = start_worker(index, state_.serving);
  if (!started) {
    note_failure("a worker process cannot be started", started.error().message, Cause::kShortage);
    state_.no_successor_before = now + failures_.pause();
  }
  if (!started || *started == Started::kLater) return;
  relay_.visit([&](RemoteWorker& worker) {
    if (worker.index() == index && worker.pid() == old) worker.set_successor(true);
  });
  const auto process = state_.processes.find(old);
  if (process == state_.processes.end() || std::exchange(process->second.is_recycled, true)) return;
  if (!enough)
    observe::debug("replacing a worker: it keeps much memory",
                   {{"worker", index},
                    pool::pool_field(settings_.worker.shown_pool),
                    {"bytes", resident_bytes(old)}});
  note_recycled(enough ? observe::WorkerRecycling::kRequests : observe::WorkerRecycling::kMemory);
}

void ProcessPool::note_recycled(observe::WorkerRecycling why) {
  metrics_.worker_recycled(why);
  counters_.recycled(why);
}

// If the host has no room for the message, a later call tells it again.
void ProcessPool::kill_worker(int index, pid_t pid, base::MonotonicTime now) {
  relay_.visit([&](RemoteWorker& worker) {
    if (worker.index() != index || worker.pid() != pid) return;
    if (signal(worker, SIGKILL)) worker.set_killed(now);
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

// Their files are read outside of the lock, for which loops wait.
std::set<pid_t> ProcessPool::over_memory_limit() const {
  const std::uint64_t limit = settings_.worker.memory_limit;
  std::set<pid_t> pids;
  if (limit == 0) return pids;
  relay_.visit([&](const RemoteWorker& worker) {
    // A limit below what PHP or the boot needs must not end one that has served nothing.
    if (worker.pid() != 0 && worker.serves() && worker.begun() != 0 && !worker.has_successor())
      pids.insert(worker.pid());
  });
  std::erase_if(pids, [&](pid_t pid) { return resident_bytes(pid) <= limit; });
  return pids;
}

}  // namespace tusk::exec::process
