// ProcessPool: a pool whose workers are processes of a PHP host.
//
//   process_pool.cc        their start, and what others see of them
//   process_pool_ends.cc   their end, and scripts that do not boot
//   process_pool_hosts.cc  the hosts that fork them, and the change to a new one
//   process_pool_size.cc   how many workers there are
//   process_pool_watch.cc  the watchdog's part: time limits, memory, successors
//
// Owner: the WorkerPools. Threads: as Pool says; the host's events come on the HostLink's.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "exec/pool/elasticity.h"
#include "exec/pool/pool.h"
#include "exec/pool/start_failures.h"
#include "exec/pool/worker_pool.h"
#include "exec/process/doorbells.h"
#include "exec/process/figures/host_board.h"
#include "exec/process/figures/process_times.h"
#include "exec/process/group/pool_group.h"
#include "exec/process/host_link.h"
#include "exec/process/process_settings.h"
#include "exec/process/relay.h"
#include "exec/stall_watch.h"
#include "observe/opcache_restart_log.h"
#include "observe/process_stats.h"

namespace tusk::exec::process {

// A worker that ends is replaced at once, or, if it could not serve, after a pause that grows with
// each failure. If the host ends, all its workers do; a new one is started in the same way.
// Requests wait meanwhile; if the pool has a resident script and is down, they are refused. The
// start of the server does not wait for a pool that lacks processes or memory, only for its first
// attempt.
//
// A worker at a limit goes on until another one serves in its place, one worker at a time: a boot
// costs a processor, and a second script memory.
//
// A renewal starts another host beside the one that serves: with the PHP, the php.ini and the
// scripts that are on the disk now. When a worker of it serves for each number, the workers of the
// old host end, each when it has no request, and then the old host. If the new host or one of its
// workers cannot start, the new ones end, and the old ones have lost nothing.
class ProcessPool final : public pool::Pool {
 public:
  // A host is killed if PHP takes longer to start, or if it does not read what it is told.
  static constexpr base::Duration kTimeToStart = std::chrono::minutes(2);
  static constexpr base::Duration kTimeToRead = std::chrono::seconds(10);
  // A rewound pool gets a new host when its script has changed, and when its OPcache is to be
  // emptied, but not more often than this.
  static constexpr base::Duration kRestartPause = std::chrono::seconds(1);
  static constexpr base::Duration kCachePause = std::chrono::seconds(10);
  // A worker that does not take its requests for so long is killed: others have them by then.
  static constexpr base::Duration kTimeToWake = std::chrono::seconds(10);
  // A process that SIGKILL has not ended waits in the kernel: its request is answered without it.
  static constexpr base::Duration kTimeToDie = std::chrono::seconds(3);
  // A request or boot that is so far past its limit ends with its worker, whatever that says of its
  // time.
  static constexpr base::Duration kKillAfter = std::chrono::seconds(10);

  // A socket has room for about 250 of them, and the host makes one after the other anyway.
  static constexpr std::size_t kMostForks = 32;

  ProcessPool(pool::WorkerPoolSettings settings, const pool::WorkerPool::Shared& shared,
              RequestQueue& queue);
  ~ProcessPool() override;

  base::Result<void> launch() override;
  base::Result<void> await_start(pool::WithoutBoot without_boot,
                                 const pool::MustEnd& must_end) override;
  bool break_off_boots(base::MonotonicTime now) override;
  bool join(base::MonotonicTime until) override;
  void change(base::Duration stall_timeout) override { stall_.change(stall_timeout); }
  void change_log_level(observe::Level level) override;
  void restart_scripts() override;
  void reopen_logs() override;
  base::Result<void> begin_renewal() override;
  pool::Renewal renewal() const override;

  const std::string& name() const override { return settings_.worker.scripts.pool; }
  const resident::BootPace& boot_pace() const override { return boot_pace_; }
  observe::PoolCounters& counters() override { return counters_; }
  bool any_stuck() const override { return false; }
  bool is_dead() const override { return false; }
  bool cannot_start() const override { return failures_.cannot_start(); }
  std::size_t count(pool::WorkerState state) const override;
  observe::PoolFigures figures() const override;
  std::vector<pool::WorkerStatus> statuses() const override;
  std::vector<pid_t> processes() const override;
  observe::OpcacheState code_cache() const override;
  void visit_running(
      const std::function<void(int worker, Exchange&, Executor&)>& look) const override {
    const base::MonotonicTime now = base::now();
    relay_.visit([&](RemoteWorker& worker) { worker.visit_running(now, look); });
  }
  base::Duration stalled_for() const override { return stall_.stalled_for(base::now()); }
  Relay* relay() override { return &relay_; }

  bool is_elastic() const override { return !elasticity_.is_fixed(); }
  void watch(base::MonotonicTime now) override;
  void look_at_load(base::MonotonicTime now) override;

 private:
  // A number that has no process.
  struct Vacant {
    int worker = 0;
    base::MonotonicTime not_before{};
  };
  struct Host {
    std::unique_ptr<HostLink> link;
    HostBoard board;
    ProgramFile program;
    int number = 0;
    bool is_ready = false;
    bool is_told_to_stop = false;
    bool must_reopen_logs = false;  // and had no room for the message
    bool must_change_level = false;
    base::MonotonicTime started{};
    base::MonotonicTime read{};  // when it had last read all messages
    bool has_failed = false;     // it is known why it ends
    decltype(observe::OpcacheState::restarts) told_restarts{};  // of its OPcache
  };
  // What a host has forked and not reaped.
  struct Process {
    int host = 0;
    int worker = 0;
    base::MonotonicTime since{};    // since when it serves, or does not
    bool serves = false;            // when the watchdog looked
    bool counts_as_booted = false;  // in boot_pace_
    bool has_served = false;        // ever
    bool is_recycled = false;       // counted as such
    std::string reason;             // why it ends
  };
  struct State {
    std::vector<Host> hosts;
    int serving = 0;  // the number of the host that forks workers; 0: there is none
    int coming = 0;   // of the one that a renewal has started; 0: there is none
    int last_number = 0;
    base::MonotonicTime host_not_before{};
    std::vector<Vacant> vacant;   // of the numbers that are wanted
    std::vector<bool> is_wanted;  // by number, from the first worker's: it is to have a process
    std::map<pid_t, Process> processes;
    std::vector<int> failed_boots;  // in a row, by number, from the first worker's
    std::vector<int> broken;        // numbers of workers to kill once they are known to be forked
    base::MonotonicTime no_successor_before{};
    pool::Renewal renewal;
    // Have ended. Their own threads cannot destroy them: the watchdog does.
    std::vector<std::unique_ptr<HostLink>> gone;
    observe::OpcacheState past_cache;         // the counts of hosts that have ended
    std::optional<observe::Level> log_level;  // if it was changed since the start
    bool wants_renewal = false;               // for the script or OPcache, as soon as it can begin
    std::optional<observe::OpcacheRestartReason> new_cache;  // why OPcache is to begin empty
    // The script boots because somebody has asked for it, and may be mended: until that boot has
    // failed, no request is refused.
    bool boots_anew = false;
    base::MonotonicTime last_renewal{};
    bool ends = false;
  };

  using Cause = pool::StartFailures::Cause;
  // Why no host has been started.
  struct NoHost {
    std::string reason;
    Cause cause;
  };
  std::expected<int, NoHost> start_host() TUSK_REQUIRES(mutex_);
  void start_serving_host(base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  void clear_group() const;
  Host* find_host(int number) TUSK_REQUIRES(mutex_);
  bool signal(const RemoteWorker& worker, int number) TUSK_REQUIRES(mutex_);
  std::vector<int> numbers_without_worker_of(int host) const;
  void start_coming_workers() TUSK_REQUIRES(mutex_);
  void look_at_renewal() TUSK_REQUIRES(mutex_);
  void fail_renewal(std::string_view reason) TUSK_REQUIRES(mutex_);
  base::Result<void> renew() TUSK_REQUIRES(mutex_);
  void begin_wanted_renewal(base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  void replace_workers_of_old_hosts(base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  void stop_idle_hosts() TUSK_REQUIRES(mutex_);
  void tell_of_logs() TUSK_REQUIRES(mutex_);
  enum class Started : std::uint8_t { kYes, kLater };
  base::Result<Started> start_worker(int index, int host) TUSK_REQUIRES(mutex_);
  void drop_unforked(int index, std::string_view why);
  bool is_being_forked(int index) const;
  bool has_serving(int index) const;
  bool has_process(int index) const;
  void show_boot(RemoteWorker& worker, base::MonotonicTime since);
  pool::WorkerState state_of(const RemoteWorker& worker) const;
  std::size_t being_forked() const;
  void fill(base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  void add_vacant(int worker, base::MonotonicTime not_before) TUSK_REQUIRES(mutex_);
  void note_failure(std::string_view what, std::string_view reason, Cause cause)
      TUSK_REQUIRES(mutex_);
  void on_ready(int host, const std::string& description);
  void on_failed(int host, int worker, pid_t pid, const std::string& reason);
  void on_no_boot(int host, const std::string& reason);
  void note_no_boot(Host& host, const std::string& reason) TUSK_REQUIRES(mutex_);
  void on_forked(int host, int worker, pid_t pid);
  void on_ended(int host, int worker, pid_t pid, int wait_status);
  std::optional<base::process::CrashedWorker> crash_of(int index, pid_t pid, int wait_status) const;
  void on_gone(int host, std::optional<int> wait_status);
  void watch_hosts(base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  void want_new_cache(observe::OpcacheRestartReason why, base::MonotonicTime now)
      TUSK_REQUIRES(mutex_);
  void look_at_cache(base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  void count_new_cache() TUSK_REQUIRES(mutex_);
  void tell_of_restarts(Host& host) TUSK_REQUIRES(mutex_);
  void kill_worker(int index, pid_t pid, base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  void give_up_undead(base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  void watch_group(base::MonotonicTime now);
  void report_lost_lines();
  void make_room() const;
  bool is_resident() const { return !settings_.worker.scripts.resident_script.empty(); }
  // Its script boots in the host.
  bool is_rewound() const { return settings_.worker.scripts.mode == ScriptMode::kRewind; }
  bool boots_in_workers() const { return is_resident() && !is_rewound(); }
  base::Duration time_to_start() const;
  base::Duration time_to_end() const;
  observe::WorkerSlot& slot(int worker) { return *shown_[place(worker)]; }
  bool has_number(int worker) const;
  std::size_t place(int worker) const {
    return static_cast<std::size_t>(worker - settings_.first_worker);
  }
  pool::Elasticity::Load load() const TUSK_REQUIRES(mutex_);
  void grow(int by, base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  void shrink() TUSK_REQUIRES(mutex_);
  int& failed_boots(int worker) TUSK_REQUIRES(mutex_) { return state_.failed_boots[place(worker)]; }
  void look_at_serving(base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  void note_serving(RemoteWorker& worker, Process& process, base::MonotonicTime now)
      TUSK_REQUIRES(mutex_);
  void note_boot(const Process& process, observation::SlowLog::BootEnd end, base::MonotonicTime now)
      TUSK_REQUIRES(mutex_);
  base::Duration note_failed_worker(const Process& process, const std::string& reason,
                                    bool asked_again, base::MonotonicTime now)
      TUSK_REQUIRES(mutex_);
  void refuse_if_down(base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  void refuse(Exchange& exchange, base::MonotonicTime now);
  struct Signal {
    int worker = 0;
    pid_t pid = 0;
    int number = 0;
  };
  void watch_workers(base::MonotonicTime now);
  void watch_slow_scripts(base::MonotonicTime now);
  void prepare_boot(Exchange& boot, const Process& process) const;
  void show_path_caches() const;
  void send(const std::vector<Signal>& signals, base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  int signal_for(RemoteWorker& worker, Process& process, base::MonotonicTime now)
      TUSK_REQUIRES(mutex_);
  int kill_of_silent(RemoteWorker& worker, Process& process, base::MonotonicTime now)
      TUSK_REQUIRES(mutex_);
  bool is_far_past(const RemoteWorker& worker, const Process& process,
                   base::MonotonicTime now) const;
  void note_recycled(observe::WorkerRecycling why);
  void advance_succession(const std::set<pid_t>& large, base::MonotonicTime now)
      TUSK_REQUIRES(mutex_);
  std::set<pid_t> over_memory_limit() const;
  void end_succeeded(int coming);
  bool has_another(int index) const;

  pool::WorkerPoolSettings settings_;
  const ProcessSettings& processes_;
  const RemoteWorker::Settings worker_settings_;
  RequestQueue& queue_;
  observe::PoolCounters counters_;
  observation::SlowLog& slow_log_;
  observe::MetricsShard& metrics_;
  resident::BootPace boot_pace_;
  StallWatch stall_;
  PoolGroup group_;
  pool::StartFailures failures_;
  std::vector<observe::WorkerSlot*> shown_;           // by number, from the first worker's
  pool::Elasticity elasticity_;                       // used by the watchdog only
  std::uint64_t lost_lines_ = 0;                      // of the log; used by the watchdog only
  observe::OpcacheRestartLog restart_log_;            // used by the watchdog only
  mutable ProcessTimes times_{observe::cpu_time_of};  // used by the main loop only
  mutable Relay relay_;
  mutable base::Mutex mutex_;
  base::Condition changed_;
  State state_ TUSK_GUARDED_BY(mutex_);
};

}  // namespace tusk::exec::process
