// ProcessPool: the end of workers, and resident scripts that do not boot.
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <sys/wait.h>

#include "exec/process/process_pool.h"
#include "observe/log.h"

namespace tusk::exec::process {

using observation::SlowLog;

// A host runs what scripts have it run, and may tell anything.
bool ProcessPool::has_number(int worker) const {
  if (worker >= settings_.first_worker && place(worker) < shown_.size()) return true;
  observe::error("a PHP host has told of a worker that its pool does not have",
                 {{"worker", worker}, pool::pool_field(settings_.worker.shown_pool)});
  return false;
}

void ProcessPool::on_failed(int host, int worker, pid_t pid, const std::string& reason) {
  if (worker >= 0 && !has_number(worker)) return;
  // Some of what PHP does when it starts needs a process, too.
  const bool is_shortage = worker >= 0 || group_.is_full();
  if (pid == 0) {
    if (worker >= 0) drop_unforked(worker, reason);
    make_room();
  }
  const base::MutexLock lock(mutex_);
  if (pid != 0) {
    // Its end follows.
    if (const auto found = state_.processes.find(pid); found != state_.processes.end())
      found->second.reason = reason;
    return;
  }
  if (host == state_.coming) {
    fail_renewal(reason);
  } else if (host == state_.serving) {
    note_failure(worker < 0 ? "PHP cannot start" : "a worker process cannot start", reason,
                 is_shortage ? Cause::kShortage : Cause::kConfiguration);
    if (worker < 0) find_host(host)->has_failed = true;
  }
  if (worker < 0) return;
  const base::MonotonicTime not_before = base::now() + failures_.pause();
  // It may have been a successor.
  if (has_another(worker)) {
    state_.no_successor_before = not_before;
  } else {
    add_vacant(worker, not_before);
  }
}

// For a successor, and for what its scripts start.
void ProcessPool::make_room() const {
  if (const std::size_t killed = group_.kill_strays(); killed != 0)
    observe::warn("a pool's cgroup was full: what ended workers had left there is killed",
                  {pool::pool_field(settings_.worker.shown_pool), {"processes", killed}});
}

// The host ends, and another one is started after a pause.
void ProcessPool::on_no_boot(int number, const std::string& reason) {
  const base::MutexLock lock(mutex_);
  if (Host* const host = find_host(number); host != nullptr) note_no_boot(*host, reason);
}

void ProcessPool::note_no_boot(Host& host, const std::string& reason) {
  if (std::exchange(host.has_failed, true)) return;
  if (host.number == state_.coming) return fail_renewal("the script does not boot: " + reason);
  if (host.number != state_.serving) return;
  counters_.worker_boot_failed();
  const int worker = settings_.first_worker;
  (void)boot_pace_.failed(worker, ++failed_boots(worker), reason);
  failures_.note_boot("the script of the pool " + name() + " does not boot: " + reason);
  // If it was asked to boot again meanwhile, this boot has read the files of before: another host
  // follows.
  if (!state_.wants_renewal) state_.boots_anew = false;
  refuse_if_down(base::now());
  changed_.notify_all();
}

void ProcessPool::on_ended(int host, int index, pid_t pid, int wait_status) {
  if (!has_number(index)) return;
  const std::string how = group_.explain(wait_status);
  if (WIFSIGNALED(wait_status)) make_room();
  std::optional<base::process::CrashedWorker> crash = crash_of(index, pid, wait_status);
  {
    const base::MutexLock lock(mutex_);
    const base::MonotonicTime now = base::now();
    const auto found = state_.processes.find(pid);
    Process process = found != state_.processes.end()
                          ? found->second
                          : Process{.host = host, .worker = index, .reason = {}};
    const bool was_counted = process.has_served;
    bool is_ours = false;
    bool as_asked = false;
    bool is_used_up = false;
    bool asked_again = false;
    bool boots = false;
    relay_.visit([&](RemoteWorker& worker) {
      if (worker.index() != index || worker.pid() != pid) return;
      is_ours = true;
      asked_again = worker.is_asked_to_restart();
      boots = boots_in_workers() && !worker.has_begun();
      is_used_up = worker.is_used_up() && !WIFSIGNALED(wait_status);
      as_asked = worker.is_ending() && (!worker.is_used_up() || is_used_up);
      // That it serves, and has begun its last request, may not have been seen yet.
      process.has_served = process.has_served || worker.has_served() || worker.begun() != 0;
      // Why it could not serve is said below.
      if (!process.has_served || !process.reason.empty()) worker.ask_to_end();
    });
    if (found != state_.processes.end()) state_.processes.erase(found);
    changed_.notify_all();
    if (!is_ours) return;
    if (process.counts_as_booted) boot_pace_.ended();
    if (WIFSIGNALED(wait_status) && !as_asked) metrics_.add<observe::Metric::kPhpCrashes>();
    const bool has_failed =
        !state_.ends && !as_asked && (!process.has_served || !process.reason.empty());
    // It was broken off.
    if (state_.ends && boots && WIFSIGNALED(wait_status))
      note_boot(process, SlowLog::BootEnd::kFailed, now);
    base::MonotonicTime not_before = now;
    if (!has_failed) {
      // A worker that began to serve long ago does not show that workers can start now.
      if (process.has_served && !was_counted) failures_.note_success();
    } else if (host == state_.coming) {
      fail_renewal(process.reason.empty() ? "a worker process has ended before it served: " + how
                                          : process.reason);
    } else if (host == state_.serving) {
      not_before += note_failed_worker(process, process.reason.empty() ? how : process.reason,
                                       asked_again, now);
    }
    // Workers that end with their host have no successor of it.
    if (!state_.ends && process.has_served && !has_failed && host == state_.serving &&
        state_.is_wanted[place(index)])
      metrics_.add<observe::Metric::kWorkerRestarts>();
    if (is_used_up && !process.is_recycled) note_recycled(observe::WorkerRecycling::kRequests);
    const std::unique_ptr<RemoteWorker> removed = relay_.remove(index, pid, how);
    // A library has called exit().
    if (removed != nullptr && removed->has_lost_request() && WIFEXITED(wait_status) && !as_asked)
      metrics_.add<observe::Metric::kPhpCrashes>();
    if (!has_another(index)) {
      add_vacant(index, not_before);
    } else if (has_failed) {
      state_.no_successor_before = not_before;
    }
    fill(now);
  }
  relay_.round_for_sleeping_loops();
  if (crash) processes_.on_crash(std::move(*crash));
}

// Nothing: it has left no record, or nobody wants to know.
std::optional<base::process::CrashedWorker> ProcessPool::crash_of(int index, pid_t pid,
                                                                  int wait_status) const {
  std::optional<base::process::CrashedWorker> crash;
  if (!processes_.on_crash) return crash;
  relay_.visit([&](const RemoteWorker& worker) {
    if (worker.index() == index && worker.pid() == pid) crash = worker.crash();
  });
  if (!crash) return crash;
  crash->status = wait_status;
  crash->pool = settings_.worker.shown_pool;
  return crash;
}

// Returns how long to wait before the next attempt. `asked_again`: it was asked to boot again
// meanwhile, so this boot has read the files of before, and the next one begins at once.
base::Duration ProcessPool::note_failed_worker(const Process& process, const std::string& reason,
                                               bool asked_again, base::MonotonicTime now) {
  if (!is_resident()) {
    note_failure("a worker process cannot start", reason, Cause::kShortage);
    return failures_.pause();
  }
  // Else it began after the watchdog's last look.
  if (!process.serves) note_boot(process, SlowLog::BootEnd::kFailed, now);
  counters_.worker_boot_failed();
  const base::Duration delay =
      boot_pace_.failed(process.worker, ++failed_boots(process.worker), reason);
  failures_.note_boot("the resident script of the pool " + name() + " does not boot: " + reason);
  if (asked_again) return {};
  state_.boots_anew = false;
  refuse_if_down(now);
  return delay;
}

void ProcessPool::look_at_serving(base::MonotonicTime now) {
  relay_.visit([&](RemoteWorker& worker) {
    const auto process = state_.processes.find(worker.pid());
    if (process != state_.processes.end()) note_serving(worker, process->second, now);
  });
}

// What begins and ends between two looks of the watchdog is not counted.
void ProcessPool::note_serving(RemoteWorker& worker, Process& process, base::MonotonicTime now) {
  const bool serves = worker.has_begun();
  if (serves == process.serves) return;
  if (serves) {
    process.has_served = true;
    failed_boots(process.worker) = 0;
    worker.shown().set_state(pool::WorkerState::kIdle);
    if (is_resident()) {
      note_boot(process, SlowLog::BootEnd::kServes, now);
      counters_.worker_booted();
      boot_pace_.booted();
      state_.boots_anew = false;
    }
    if (process.host != state_.coming) failures_.note_success();
  } else if (is_resident()) {
    boot_pace_.ended();
    if (boots_in_workers() && !worker.is_ending()) show_boot(worker, now);
  }
  process.counts_as_booted = serves && is_resident();
  process.serves = serves;
  process.since = now;
}

void ProcessPool::note_boot(const Process& process, SlowLog::BootEnd end, base::MonotonicTime now) {
  if (!slow_log_.is_on()) return;
  Exchange boot;
  prepare_boot(boot, process);
  slow_log_.boot_ended({process.worker, settings_.worker.shown_pool}, boot, end, now);
}

void ProcessPool::prepare_boot(Exchange& boot, const Process& process) const {
  boot.prepare();
  (void)boot.start(process.worker, process.since);
  boot.job.script_filename = boot.job.store(settings_.worker.scripts.resident_script);
}

// While the pool is down, its requests are refused, also those that were given to a worker whose
// script boots anew.
void ProcessPool::refuse_if_down(base::MonotonicTime now) {
  if (!boot_pace_.is_down() || state_.boots_anew) return;
  relay_.visit([&](RemoteWorker& worker) {
    if (worker.has_begun()) return;
    while (Exchange* const exchange = worker.take_back_waiting()) refuse(*exchange, now);
  });
  while (Exchange* const exchange = queue_.lend()) refuse(*exchange, now);
}

void ProcessPool::refuse(Exchange& exchange, base::MonotonicTime now) {
  queue_.begun(1);
  queue_.note_dropped();
  // Else its client is gone.
  if (exchange.start(settings_.first_worker, now)) {
    exchange.refused_for = boot_pace_.retry_after();
    exchange.pool_is_down = true;
    exchange.error_status = 503;
  }
  exchange.publish(Exchange::kHeadReady | Exchange::kFinished | Exchange::kReleased);
}

// A worker of that number is left: its successor, or the one that it was to succeed, which wants
// another one then.
bool ProcessPool::has_another(int index) const {
  bool found = false;
  relay_.visit([&](RemoteWorker& worker) {
    if (worker.index() != index) return;
    worker.set_successor(false);
    found = true;
  });
  return found;
}

// No client waits for them.
bool ProcessPool::break_off_boots(base::MonotonicTime now) {
  const base::MutexLock lock(mutex_);
  state_.ends = true;
  bool any = false;
  for (const Host& host : state_.hosts) {
    if (host.is_ready) continue;
    host.link->kill();
    any = true;
  }
  std::vector<Signal> kills;
  relay_.visit([&](RemoteWorker& worker) {
    if (worker.has_begun()) return;
    any = true;
    worker.ask_to_end();
    if (worker.pid() != 0 && worker.killed() == base::MonotonicTime{})
      kills.push_back({worker.index(), worker.pid(), SIGKILL});
  });
  send(kills, now);
  return any;
}

}  // namespace tusk::exec::process
