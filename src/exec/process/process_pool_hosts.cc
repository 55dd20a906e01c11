// ProcessPool: the PHP hosts, and the change from one to another.
#include <algorithm>
#include <csignal>
#include <iterator>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <sys/wait.h>

#include "exec/process/process_pool.h"
#include "observe/log.h"

namespace tusk::exec::process {

std::expected<int, ProcessPool::NoHost> ProcessPool::start_host() {
  base::Result<HostBoard> board = HostBoard::create();
  if (!board) return std::unexpected(NoHost{board.error().message, Cause::kShortage});
  std::vector<int> descriptors{board->fd(), processes_.loops->doorbells.fd()};
  for (const base::UniqueFd& bell : processes_.loops->bells.at(processes_.pool))
    descriptors.push_back(bell.get());
  const auto failed = [this](const base::Error& error) {
    return std::unexpected(
        NoHost{error.message, group_.is_refused() ? Cause::kConfiguration : Cause::kShortage});
  };
  if (const base::Result<void> made = group_.make(); !made) return failed(made.error());
  if (state_.last_number == 0) clear_group();
  const int number = ++state_.last_number;
  const ProgramFile program = ProgramFile::of(processes_.program.path);
  base::Result<std::unique_ptr<HostLink>> link = HostLink::start(
      processes_.program, descriptors,
      {.on_ready = [this,
                    number](const std::string& description) { on_ready(number, description); },
       .on_failed = [this, number](
                        int worker, pid_t pid,
                        const std::string& reason) { on_failed(number, worker, pid, reason); },
       .on_no_boot = [this, number](const std::string& reason) { on_no_boot(number, reason); },
       .on_forked = [this, number](int worker, pid_t pid) { on_forked(number, worker, pid); },
       .on_ended = [this, number](int worker, pid_t pid,
                                  int status) { on_ended(number, worker, pid, status); },
       .on_gone = [this, number](std::optional<int> status) { on_gone(number, status); },
       .on_spawned = [this](pid_t host) { return group_.add(host); }});
  if (!link) return failed(link.error());
  const base::MonotonicTime now = base::now();
  state_.hosts.push_back({.link = std::move(*link),
                          .board = std::move(*board),
                          .program = program,
                          .number = number,
                          .must_change_level = state_.log_level.has_value(),
                          .started = now,
                          .read = now});
  return number;
}

// Starts the host that forks the workers. If that fails, it is tried again after a pause.
void ProcessPool::start_serving_host(base::MonotonicTime now) {
  if (const auto started = start_host(); started) {
    state_.serving = *started;
  } else {
    note_failure("a PHP host cannot be started", started.error().reason, started.error().cause);
    state_.host_not_before = now + failures_.pause();
  }
}

// Called before the first host starts: what an earlier server has left would take its place.
void ProcessPool::clear_group() const {
  const PoolGroup::Cleared cleared = group_.clear();
  if (cleared.killed != 0)
    observe::warn("what an earlier server had left in a pool's cgroup is killed",
                  {pool::pool_field(settings_.worker.shown_pool), {"processes", cleared.killed}});
  if (cleared.left != 0)
    observe::warn("a pool's cgroup is not empty yet, and the pool starts nevertheless",
                  {pool::pool_field(settings_.worker.shown_pool), {"processes", cleared.left}});
}

ProcessPool::Host* ProcessPool::find_host(int number) {
  const auto found = std::ranges::find(state_.hosts, number, &Host::number);
  return found != state_.hosts.end() ? &*found : nullptr;
}

// False: to be sent again.
bool ProcessPool::signal(const RemoteWorker& worker, int number) {
  const Host* const host = find_host(worker.host());
  return host == nullptr || host->link->signal(worker.index(), worker.pid(), number);
}

void ProcessPool::on_ready(int number, const std::string& description) {
  observe::info("a PHP host is ready",
                {{"php", description}, pool::pool_field(settings_.worker.shown_pool)});
  const base::MutexLock lock(mutex_);
  if (Host* const host = find_host(number); host != nullptr) host->is_ready = true;
  number == state_.coming ? start_coming_workers() : fill(base::now());
}

void ProcessPool::on_gone(int number, std::optional<int> wait_status) {
  const std::string how = wait_status ? group_.explain(*wait_status) : "its process has ended";
  // The kernel kills what has no memory left.
  const bool was_killed =
      wait_status && WIFSIGNALED(*wait_status) && WTERMSIG(*wait_status) == SIGKILL;
  std::vector<std::pair<int, pid_t>> left;
  relay_.visit([&](RemoteWorker& worker) {
    if (worker.host() != number) return;
    worker.ask_to_end();  // it gets no more requests
    left.emplace_back(worker.index(), worker.pid());
  });
  for (const auto& [index, pid] : left) {
    (void)relay_.remove(index, pid, "its PHP host has ended");
  }
  {
    const base::MutexLock lock(mutex_);
    const base::MonotonicTime now = base::now();
    const auto host = std::ranges::find(state_.hosts, number, &Host::number);
    if (host != state_.hosts.end() && is_rewound() && !host->is_ready && !state_.ends)
      note_no_boot(*host, "its process ends: " + how);
    const bool is_known_why = host != state_.hosts.end() && host->has_failed;
    for (const auto& [pid, process] : state_.processes) {
      if (process.host == number && process.counts_as_booted) boot_pace_.ended();
    }
    std::erase_if(state_.processes, [&](const auto& each) { return each.second.host == number; });
    // Else the pool is being destroyed.
    if (host != state_.hosts.end()) {
      state_.past_cache.add(host->board.read());
      state_.gone.push_back(std::move(host->link));
      state_.hosts.erase(host);
    }
    for (const auto& [index, pid] : left) {
      if (!state_.ends && !has_another(index)) add_vacant(index, now);
    }
    if (number == state_.coming) {
      fail_renewal("the new PHP host has ended: " + how);
    } else if (number == state_.serving) {
      state_.serving = 0;
      if (!state_.ends && !is_known_why)
        note_failure("a PHP host has ended", how,
                     was_killed ? Cause::kShortage : Cause::kConfiguration);
      // One that was asked to boot its script again starts at once.
      state_.host_not_before =
          std::exchange(state_.wants_renewal, false) ? now : now + failures_.pause();
    }
    changed_.notify_all();
  }
  relay_.round_for_sleeping_loops();
}

// The script of a rewound pool boots in its host, which ends it in time by itself.
base::Duration ProcessPool::time_to_start() const {
  if (!is_rewound()) return kTimeToStart;
  if (processes_.request_limit.count() == 0) return {};
  const auto pages = static_cast<std::int64_t>(settings_.worker.scripts.warm_up.size());
  return kTimeToStart + processes_.request_limit * (1 + 3 * pages);
}

// A host that hangs would leave the pool without workers, or a worker alive that was to be killed.
void ProcessPool::watch_hosts(base::MonotonicTime now) {
  for (Host& host : state_.hosts) {
    std::string_view why;
    host.link->continue_if_stopped();
    tell_of_restarts(host);
    if (!host.is_ready) {
      // It reads nothing while PHP starts.
      host.read = now;
      const base::Duration most = time_to_start();
      if (most.count() != 0 && now - host.started >= most) why = "PHP has not started in time";
    } else {
      if (!host.link->has_unread()) host.read = now;
      if (now - host.read >= kTimeToRead) why = "it does not react";
    }
    if (why.empty() || std::exchange(host.has_failed, true)) continue;
    if (host.number == state_.coming) {
      fail_renewal(why);
    } else {
      note_failure("a PHP host is killed", why, Cause::kConfiguration);
    }
    host.link->kill();
  }
}

void ProcessPool::tell_of_restarts(Host& host) {
  const auto restarts = host.board.read().restarts;
  const std::uint64_t all = std::accumulate(restarts.begin(), restarts.end(), std::uint64_t{0});
  for (std::size_t i = 0; i < restarts.size(); ++i) {
    if (restarts[i] == host.told_restarts[i]) continue;
    restart_log_.tell(static_cast<observe::OpcacheRestartReason>(i), all,
                      pool::pool_field(settings_.worker.shown_pool));
  }
  host.told_restarts = restarts;
}

// Where a script stays, PHP runs all the time, and OPcache finds no moment to restart.
void ProcessPool::want_new_cache(observe::OpcacheRestartReason why, base::MonotonicTime now) {
  if (!is_resident() || now - state_.last_renewal < kCachePause) return;
  state_.wants_renewal = true;
  if (!state_.new_cache) state_.new_cache = why;
}

// PHP 8.2 and 8.3 do not tell their workers that OPcache is full: then this is how it is known.
void ProcessPool::look_at_cache(base::MonotonicTime now) {
  using observe::OpcacheFigure;
  const Host* const serving = find_host(state_.serving);
  if (serving == nullptr || !is_resident()) return;
  const observe::OpcacheState cache = serving->board.read();
  if (!cache.restart_pending) return;
  const bool has_keys = cache.use[OpcacheFigure::kKeys] < cache.use[OpcacheFigure::kMaxKeys];
  want_new_cache(
      has_keys ? observe::OpcacheRestartReason::kMemory : observe::OpcacheRestartReason::kKeys,
      now);
}

// The OPcache of the host that serves from now on is empty.
void ProcessPool::count_new_cache() {
  if (!state_.new_cache) return;
  const auto reason = *std::exchange(state_.new_cache, std::nullopt);
  const std::uint64_t restarts = ++state_.past_cache.restarts[static_cast<std::size_t>(reason)];
  restart_log_.tell(reason, restarts, pool::pool_field(settings_.worker.shown_pool));
}

// --- renewal ---

base::Result<void> ProcessPool::begin_renewal() {
  const base::MutexLock lock(mutex_);
  return renew();
}

base::Result<void> ProcessPool::renew() {
  if (state_.ends) return base::fail("the server process ends");
  if (state_.coming != 0) return base::fail("the pool changes to a new PHP host already");
  const auto host = start_host();
  if (!host) return base::fail(host.error().reason);
  observe::info("starts a new PHP host", {pool::pool_field(settings_.worker.shown_pool)});
  state_.coming = *host;
  state_.last_renewal = base::now();
  state_.renewal = {.state = pool::Renewal::State::kUnderWay};
  return {};
}

// While one is under way, the next one waits for its end: it may have read what has changed since.
void ProcessPool::begin_wanted_renewal(base::MonotonicTime now) {
  const Host* const serving = find_host(state_.serving);
  if (!state_.wants_renewal || state_.ends || state_.coming != 0 || serving == nullptr ||
      !serving->is_ready || now - state_.last_renewal < kRestartPause)
    return;
  state_.wants_renewal = false;
  if (const base::Result<void> begun = renew(); !begun)
    observe::error("cannot start a new PHP host", {pool::pool_field(settings_.worker.shown_pool),
                                                   {"reason", begun.error().message}});
}

pool::Renewal ProcessPool::renewal() const {
  const base::MutexLock lock(mutex_);
  return state_.renewal;
}

// Numbers whose workers are of other hosts.
std::vector<int> ProcessPool::numbers_without_worker_of(int host) const {
  std::set<int> have;
  std::set<int> others;
  relay_.visit([&](const RemoteWorker& worker) {
    if (worker.host() == host) {
      have.insert(worker.index());
    } else if (!worker.is_ending()) {
      others.insert(worker.index());
    }
  });
  std::vector<int> without;
  std::ranges::set_difference(others, have, std::back_inserter(without));
  return without;
}

// One for each number that has a process. The others get theirs when the new host serves.
void ProcessPool::start_coming_workers() {
  const Host* const host = find_host(state_.coming);
  if (state_.ends || host == nullptr || !host->is_ready) return;
  std::size_t forks = being_forked();
  for (const int number : numbers_without_worker_of(state_.coming)) {
    if (forks >= kMostForks) return;
    if (is_being_forked(number)) continue;
    const base::Result<Started> started = start_worker(number, state_.coming);
    if (!started) return fail_renewal(started.error().message);
    if (*started == Started::kLater) return;
    ++forks;
  }
}

// When all workers of the new host serve, it takes over.
void ProcessPool::look_at_renewal() {
  const Host* const host = find_host(state_.coming);
  if (host == nullptr || !host->is_ready) return;
  start_coming_workers();
  bool all = state_.coming != 0 && numbers_without_worker_of(state_.coming).empty();
  relay_.visit([&](const RemoteWorker& worker) {
    all = all && (worker.host() != state_.coming || worker.has_begun());
  });
  if (!all) return;
  state_.serving = std::exchange(state_.coming, 0);
  state_.renewal = {.state = pool::Renewal::State::kDone};
  failures_.note_success();
  count_new_cache();
  observe::info("a new PHP host serves, and the one before ends when its requests have ended",
                {pool::pool_field(settings_.worker.shown_pool)});
}

// The workers of the new host end, each when it has no request; those of the old one go on.
void ProcessPool::fail_renewal(std::string_view reason) {
  if (state_.coming == 0) return;
  const int failed = std::exchange(state_.coming, 0);
  state_.renewal = {.state = pool::Renewal::State::kFailed, .reason = std::string(reason)};
  observe::error("the new PHP host cannot serve: the one before goes on",
                 {pool::pool_field(settings_.worker.shown_pool), {"reason", reason}});
  relay_.visit([&](RemoteWorker& worker) {
    if (worker.host() == failed) worker.ask_to_end();
  });
}

// Workers of the serving host take the places of those of earlier ones.
void ProcessPool::replace_workers_of_old_hosts(base::MonotonicTime now) {
  const Host* const serving = find_host(state_.serving);
  if (state_.ends || serving == nullptr || !serving->is_ready) return;
  std::set<int> have;
  std::set<int> want;
  relay_.visit([&](const RemoteWorker& worker) {
    if (worker.host() == state_.serving) have.insert(worker.index());
  });
  relay_.visit([&](RemoteWorker& worker) {
    if (worker.host() == state_.serving || worker.host() == state_.coming) return;
    if (worker.is_ending()) return;
    const bool has_one = have.contains(worker.index());
    if (!has_one) want.insert(worker.index());
    worker.set_successor(has_one);
  });
  if (now < state_.no_successor_before) return;
  std::size_t forks = being_forked();
  for (const int number : want) {
    if (forks >= kMostForks) return;
    if (is_being_forked(number)) continue;
    const base::Result<Started> started = start_worker(number, state_.serving);
    if (!started) {
      note_failure("a worker process cannot be started", started.error().message, Cause::kShortage);
      state_.no_successor_before = now + failures_.pause();
    }
    if (!started || *started == Started::kLater) return;
    ++forks;
  }
}

// Workers that the host forks afterwards have its new files, and those before have the order.
void ProcessPool::reopen_logs() {
  const base::MutexLock lock(mutex_);
  if (processes_.renews_for_logs) {
    state_.wants_renewal = true;
    return begin_wanted_renewal(base::now());
  }
  for (Host& host : state_.hosts) host.must_reopen_logs = true;
  tell_of_logs();
  relay_.visit([](RemoteWorker& worker) { worker.ask_to_reopen_logs(); });
}

void ProcessPool::change_log_level(observe::Level level) {
  const base::MutexLock lock(mutex_);
  state_.log_level = level;
  for (Host& host : state_.hosts) host.must_change_level = true;
  tell_of_logs();
  relay_.visit([&](RemoteWorker& worker) { worker.set_log_level(level); });
}

void ProcessPool::tell_of_logs() {
  for (Host& host : state_.hosts) {
    if (host.must_reopen_logs) host.must_reopen_logs = !host.link->reopen_logs();
    if (host.must_change_level)
      host.must_change_level = !host.link->set_log_level(*state_.log_level);
  }
}

void ProcessPool::stop_idle_hosts() {
  for (Host& host : state_.hosts) {
    if (host.number == state_.serving || host.number == state_.coming || host.is_told_to_stop)
      continue;
    bool has_workers = false;
    relay_.visit([&](const RemoteWorker& worker) {
      has_workers = has_workers || worker.host() == host.number;
    });
    if (has_workers) continue;
    host.is_told_to_stop = host.link->stop();
    // A host whose PHP starts does not read it.
    if (!host.is_ready) host.link->kill();
  }
}

}  // namespace tusk::exec::process
