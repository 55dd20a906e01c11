#include "exec/process/process_pool.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "base/process/parent_process.h"
#include "observe/log.h"

namespace tusk::exec::process {

ProcessPool::ProcessPool(pool::WorkerPoolSettings settings, const pool::WorkerPool::Shared& shared,
                         RequestQueue& queue)
    : settings_(std::move(settings)),
      processes_(*settings_.processes),
      worker_settings_{
          .layout = processes_.layout,
          .reply = settings_.worker.requests.reply,
          .gathered_bytes = settings_.worker.requests.compression.max_bytes,
          // One whose script boots anew goes on until its successor serves.
          .most_requests = boots_in_workers() ? 0 : settings_.worker.requests.max_requests},
      queue_(queue),
      slow_log_(shared.slow_log),
      metrics_(shared.metrics.add_shard()),
      boot_pace_(settings_.worker.scripts.pool, settings_.worker.scripts.resident_script),
      stall_(settings_.stall_timeout),
      group_(processes_.group, processes_.loops->leader),
      failures_(settings_.worker.shown_pool),
      elasticity_({.least = static_cast<std::size_t>(settings_.workers),
                   .most = static_cast<std::size_t>(settings_.most_workers()),
                   .cooling_time = settings_.cooling_time}),
      relay_({.queue = queue,
              .lost_clients = shared.lost_clients,
              .slow_log = shared.slow_log,
              .metrics = metrics_,
              .shown_pool = settings_.worker.shown_pool}) {
  for (int i = 0; i < settings_.most_workers(); ++i) {
    shown_.push_back(&shared.metrics.place().add_worker(settings_.first_worker + i, name()));
    state_.failed_boots.push_back(0);
    state_.is_wanted.push_back(i < settings_.workers);
    if (state_.is_wanted.back()) {
      state_.vacant.push_back({.worker = settings_.first_worker + i});
    } else {
      shown_.back()->clear();
    }
  }
}

ProcessPool::~ProcessPool() {
  std::vector<Host> hosts;
  std::vector<std::unique_ptr<HostLink>> gone;
  {
    const base::MutexLock lock(mutex_);
    state_.ends = true;
    hosts = std::move(state_.hosts);
    gone = std::move(state_.gone);
  }
  // Their threads may wait for the lock.
  hosts.clear();
  gone.clear();
  group_.remove();
}

base::Result<void> ProcessPool::launch() {
  const base::MutexLock lock(mutex_);
  start_serving_host(base::now());
  // A shortage may pass: await_start() decides whether the server starts nevertheless.
  if (state_.serving == 0 && !failures_.is_shortage()) return base::fail(failures_.reason());
  return {};
}

base::Result<void> ProcessPool::await_start(pool::WithoutBoot without_boot,
                                            const pool::MustEnd& must_end) {
  base::MutexLock lock(mutex_);
  for (;;) {
    if (must_end && must_end()) {
      if (without_boot == pool::WithoutBoot::kServe) return {};
      return base::fail("the server is told to end before its workers serve");
    }
    const Host* const host = find_host(state_.serving);
    // The script of a rewound pool boots before the host is ready.
    const bool may_serve_later = (host != nullptr && host->is_ready) ||
                                 (is_rewound() && boot_pace_.has_failed()) ||
                                 failures_.is_shortage();
    const std::string failure = failures_.reason();
    if (!failure.empty() && !(without_boot == pool::WithoutBoot::kServe && may_serve_later))
      return base::fail(failure);
    std::size_t serving = 0;
    relay_.visit([&](const RemoteWorker& worker) { serving += worker.has_begun() ? 1 : 0; });
    if (serving >= static_cast<std::size_t>(settings_.workers) || !failure.empty()) {
      look_at_serving(base::now());
      if (failures_.cannot_start())
        observe::warn("the server starts, and a pool lacks workers: its requests wait for them",
                      {pool::pool_field(settings_.worker.shown_pool), {"reason", failure}});
      return {};
    }
    watch_hosts(base::now());
    changed_.wait_until(lock, std::chrono::steady_clock::now() + std::chrono::milliseconds(2));
  }
}

// Starts processes for numbers that have none.
void ProcessPool::fill(base::MonotonicTime now) {
  if (state_.ends) return;
  if (state_.serving == 0) {
    if (now >= state_.host_not_before) start_serving_host(now);
    return;
  }
  if (!find_host(state_.serving)->is_ready) return;
  std::size_t forks = being_forked();
  for (std::size_t i = 0; i < state_.vacant.size() && forks < kMostForks;) {
    const Vacant vacant = state_.vacant[i];
    if (now < vacant.not_before || is_being_forked(vacant.worker)) {
      ++i;
      continue;
    }
    const base::Result<Started> started = start_worker(vacant.worker, state_.serving);
    if (!started) {
      note_failure("a worker process cannot be started", started.error().message, Cause::kShortage);
      state_.vacant[i].not_before = now + failures_.pause();
      ++i;
      continue;
    }
    if (*started == Started::kLater) return;
    ++forks;
    state_.vacant.erase(state_.vacant.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

// Until it has a process id, the host's messages know it by its number alone.
bool ProcessPool::is_being_forked(int index) const {
  bool found = false;
  relay_.visit([&](const RemoteWorker& worker) {
    found = found || (worker.index() == index && worker.pid() == 0);
  });
  return found;
}

bool ProcessPool::has_process(int index) const {
  bool found = false;
  relay_.visit([&](const RemoteWorker& worker) { found = found || worker.index() == index; });
  return found;
}

std::size_t ProcessPool::being_forked() const {
  std::size_t count = 0;
  relay_.visit([&](const RemoteWorker& worker) { count += worker.pid() == 0 ? 1 : 0; });
  return count;
}

base::Result<ProcessPool::Started> ProcessPool::start_worker(int index, int host) {
  base::Result<std::unique_ptr<RemoteWorker>> worker =
      RemoteWorker::create(index, worker_settings_, slot(index));
  if (!worker) return std::unexpected(worker.error());
  const auto ends = (*worker)->host_ends();
  (*worker)->set_host(host, find_host(host)->program);
  if (state_.log_level) (*worker)->set_log_level(*state_.log_level);
  if (!has_serving(index)) (*worker)->shown().set_state(pool::WorkerState::kStarting);
  // Before the host can tell of it.
  relay_.add(std::move(*worker));
  const base::Result<bool> sent =
      find_host(host)->link->fork(index, failed_boots(index), {ends.begin(), ends.end()});
  if (!sent || !*sent) {
    drop_unforked(index, {});
    slot(index).set_state(pool::WorkerState::kStopped);
    if (!sent) return std::unexpected(sent.error());
    return Started::kLater;
  }
  relay_.visit([&](RemoteWorker& added) {
    if (added.index() == index && added.pid() == 0) added.close_host_ends();
  });
  return Started::kYes;
}

// There is no process that the log could speak of.
void ProcessPool::drop_unforked(int index, std::string_view why) {
  relay_.visit([&](RemoteWorker& worker) {
    if (worker.index() == index && worker.pid() == 0) worker.ask_to_end();
  });
  (void)relay_.remove(index, 0, why);
}

void ProcessPool::note_failure(std::string_view what, std::string_view reason, Cause cause) {
  failures_.note(what, reason, cause);
  state_.boots_anew = false;
  changed_.notify_all();
}

// A number has one process at most, and another while that succeeds it; none once the pool has
// shrunk.
void ProcessPool::add_vacant(int worker, base::MonotonicTime not_before) {
  if (!state_.is_wanted[place(worker)]) return slot(worker).clear();
  const bool is_known = std::ranges::any_of(
      state_.vacant, [&](const Vacant& vacant) { return vacant.worker == worker; });
  if (!is_known) state_.vacant.push_back({.worker = worker, .not_before = not_before});
  slot(worker).set_state(pool::WorkerState::kStopped);
  slot(worker).set_pid(0);
}

void ProcessPool::on_forked(int host, int index, pid_t pid) {
  if (!has_number(index)) return;
  const base::MutexLock lock(mutex_);
  const base::MonotonicTime now = base::now();
  // It is on its way through its messages.
  Host* const forked_by = find_host(host);
  if (forked_by != nullptr) forked_by->read = now;
  const pid_t parent = forked_by != nullptr ? forked_by->link->pid() : 0;
  const bool is_successor = has_serving(index);
  bool is_asked_for = false;
  relay_.visit([&](RemoteWorker& worker) {
    if (worker.index() != index || worker.host() != host || worker.pid() != 0) return;
    is_asked_for = true;
    worker.set_pid(pid, parent);
    if (!is_successor) worker.show_pid();
    if (boots_in_workers() && !is_successor) show_boot(worker, now);
  });
  // A host may tell anything: numbers without end would take all memory.
  if (!is_asked_for) return;
  state_.processes[pid] = {.host = host, .worker = index, .since = now, .reason = {}};
  if (parent != 0 && base::process::parent_of(pid) == parent) group_.prefer(pid);
  if (std::erase(state_.broken, index) != 0) kill_worker(index, pid, now);
  // There is room for another one.
  host == state_.coming ? start_coming_workers() : fill(now);
}

bool ProcessPool::join(base::MonotonicTime until) {
  base::MutexLock lock(mutex_);
  state_.ends = true;
  relay_.visit([](RemoteWorker& worker) { worker.ask_to_end(); });
  for (const Host& host : state_.hosts) (void)host.link->stop();
  while (!state_.processes.empty()) {
    if (changed_.wait_until(lock, until) == std::cv_status::timeout) break;
  }
  const bool all = state_.processes.empty();
  if (!all) {
    relay_.visit([&](const RemoteWorker& worker) { (void)signal(worker, SIGKILL); });
    const auto killed_by = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    while (!state_.processes.empty()) {
      if (changed_.wait_until(lock, killed_by) == std::cv_status::timeout) break;
    }
  }
  return all;
}

// Scripts that have failed to boot, and pause before the next attempt, are tried at once.
void ProcessPool::restart_scripts() {
  if (!is_resident()) return;
  const base::MutexLock lock(mutex_);
  const base::MonotonicTime now = base::now();
  state_.boots_anew = true;
  if (is_rewound() && state_.serving != 0) {
    state_.wants_renewal = true;
    return begin_wanted_renewal(now);
  }
  state_.host_not_before = std::min(state_.host_not_before, now);
  for (Vacant& vacant : state_.vacant) vacant.not_before = std::min(vacant.not_before, now);
  relay_.visit([](RemoteWorker& worker) { worker.ask_to_restart(); });
  fill(now);
}

// Another process of that number serves: until it ends, the slot shows what that one does.
bool ProcessPool::has_serving(int index) const {
  bool found = false;
  relay_.visit([&](const RemoteWorker& worker) {
    found = found || (worker.index() == index && worker.pid() != 0 && worker.has_begun() &&
                      !worker.is_ending());
  });
  return found;
}

void ProcessPool::show_boot(RemoteWorker& worker, base::MonotonicTime since) {
  worker.shown().begin_boot(since.time_since_epoch().count(),
                            settings_.worker.scripts.resident_script);
}

// PHP has started in the host, so a new process begins with the boot of its script.
pool::WorkerState ProcessPool::state_of(const RemoteWorker& worker) const {
  if (!worker.has_begun()) {
    return boots_in_workers() && worker.pid() != 0 ? pool::WorkerState::kBooting
                                                   : pool::WorkerState::kStarting;
  }
  return worker.is_free() ? pool::WorkerState::kIdle : pool::WorkerState::kBusy;
}

std::size_t ProcessPool::count(pool::WorkerState state) const {
  std::size_t count = 0;
  relay_.visit([&](const RemoteWorker& worker) { count += state_of(worker) == state ? 1 : 0; });
  return count;
}

observe::PoolFigures ProcessPool::figures() const {
  observe::PoolFigures figures{.name = name(),
                               .queue_depth = queue_.depth(),
                               .queue_capacity = queue_.capacity(),
                               .counts = counters_.read()};
  figures.counts[observe::kPoolRequests] = relay_.ended();
  figures.counts[observe::kPoolProcessCpu] =
      static_cast<std::uint64_t>(times_.look(processes()).count());
  show_path_caches();
  const base::MonotonicTime now = base::now();
  relay_.visit([&](RemoteWorker& worker) {
    worker.count_cpu(now, metrics_);
    ++figures.workers[static_cast<std::size_t>(state_of(worker))];
    if (!worker.is_free()) ++figures.counts[observe::kPoolRequests];
  });
  return figures;
}

std::vector<pid_t> ProcessPool::processes() const {
  const base::MutexLock lock(mutex_);
  std::vector<pid_t> all;
  for (const Host& host : state_.hosts) all.push_back(host.link->pid());
  for (const auto& [pid, process] : state_.processes) all.push_back(pid);
  return all;
}

// A new host begins with an empty cache, and the counts go on.
observe::OpcacheState ProcessPool::code_cache() const {
  const base::MutexLock lock(mutex_);
  observe::OpcacheState all = state_.past_cache;
  all.restart_pending = false;
  all.use = {};
  for (const Host& host : state_.hosts) {
    observe::OpcacheState cache = host.board.read();
    if (host.number != state_.serving) {
      cache.restart_pending = false;
      cache.use = {};
    }
    all.add(cache);
  }
  return all;
}

std::vector<pool::WorkerStatus> ProcessPool::statuses() const {
  std::vector<pool::WorkerStatus> statuses;
  relay_.visit([&](const RemoteWorker& worker) {
    pool::WorkerStatus& status = statuses.emplace_back();
    status.worker = worker.index();
    status.state = state_of(worker);
    status.requests = worker.begun();
    base::MonotonicTime since{};
    const Exchange* const exchange = worker.running(since);
    if (exchange == nullptr) return;
    const Job& job = exchange->job;
    status.request_id = job.request_id;
    status.running = base::now() - since;
    status.method = job.view(job.head.method);
    status.target = job.view(job.head.target);
    status.script = job.view(job.script_filename);
  });
  return statuses;
}

}  // namespace tusk::exec::process
