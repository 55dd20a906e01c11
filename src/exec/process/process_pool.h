// ProcessPool: a pool whose workers are processes of a PHP host.
//
//   process_pool.cc        their start and end, and what others see of them
//   process_pool_watch.cc  the watchdog's part: time limits, memory, successors
//
// Owner: the WorkerPools. Threads: as Pool says; the host's events come on the HostLink's.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "exec/pool/pool.h"
#include "exec/pool/worker_pool.h"
#include "exec/process/doorbells.h"
#include "exec/process/host_link.h"
#include "exec/process/process_settings.h"
#include "exec/process/relay.h"
#include "exec/stall_watch.h"

namespace tusk::exec::process {

// A worker that ends is replaced at once, or, if it has never served, after a pause that grows with
// each failure. If the host ends, all its workers do; a new one is started in the same way.
// Requests wait meanwhile.
class ProcessPool final : public pool::Pool {
 public:
  static constexpr base::Duration kFirstPause = std::chrono::milliseconds(100);
  static constexpr base::Duration kLongestPause = std::chrono::seconds(10);
  // A host is killed if PHP takes longer to start, or if it does not read what it is told.
  static constexpr base::Duration kTimeToStart = std::chrono::minutes(2);
  static constexpr base::Duration kTimeToRead = std::chrono::seconds(10);
  // A worker that does not take its requests for so long is killed: others have them by then.
  static constexpr base::Duration kTimeToWake = std::chrono::seconds(10);
  // A process that SIGKILL has not ended waits in the kernel: its request is answered without it.
  static constexpr base::Duration kTimeToDie = std::chrono::seconds(3);
  // A request that is so far past its limit ends with its worker, whatever that says of its time.
  static constexpr base::Duration kKillAfter = std::chrono::seconds(10);

  ProcessPool(pool::WorkerPoolSettings settings, const pool::WorkerPool::Shared& shared,
              RequestQueue& queue);
  ~ProcessPool() override;

  base::Result<void> launch() override;
  base::Result<void> await_start(pool::WithoutBoot without_boot) override;
  bool join(const timespec& until) override;
  void change(base::Duration stall_timeout) override { stall_.change(stall_timeout); }
  void restart_scripts() override;

  const std::string& name() const override { return settings_.worker.scripts.pool; }
  const resident::BootPace& boot_pace() const override { return boot_pace_; }
  observe::PoolCounters& counters() override { return counters_; }
  bool any_stuck() const override { return false; }
  bool is_dead() const override { return false; }
  std::size_t count(pool::WorkerState state) const override;
  observe::PoolFigures figures() const override;
  std::vector<pool::WorkerStatus> statuses() const override;
  // A script in another process cannot be looked at.
  void visit_running(
      const std::function<void(int worker, Exchange&, Executor&)>& /*look*/) const override {}
  base::Duration stalled_for() const override { return stall_.stalled_for(base::now()); }
  Relay* relay() override { return &relay_; }

  bool is_elastic() const override { return false; }
  void watch(base::MonotonicTime now) override;
  void look_at_load(base::MonotonicTime /*now*/) override {}

 private:
  // A number that has no process.
  struct Vacant {
    int worker = 0;
    base::MonotonicTime not_before{};
  };
  struct State {
    std::unique_ptr<HostLink> host;
    bool host_is_ready = false;
    base::MonotonicTime host_started{};
    base::MonotonicTime host_read{};  // when it had last read all messages
    base::MonotonicTime host_not_before{};
    std::string failure;  // the reason of the last failed start
    int failures = 0;     // in a row
    std::vector<Vacant> vacant;
    std::size_t processes = 0;  // that were forked, and have not been reaped
    bool ends = false;
  };

  base::Result<void> start_host() TUSK_REQUIRES(mutex_);
  base::Result<void> start_worker(int index) TUSK_REQUIRES(mutex_);
  void fill(base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  void add_vacant(int worker, base::MonotonicTime not_before) TUSK_REQUIRES(mutex_);
  void note_failure(std::string_view what, std::string_view reason) TUSK_REQUIRES(mutex_);
  base::Duration pause() const TUSK_REQUIRES(mutex_);
  void on_ready(const std::string& description);
  void on_failed(int worker, pid_t pid, const std::string& reason);
  void on_forked(int worker, pid_t pid);
  void on_ended(int worker, pid_t pid, int wait_status);
  void on_gone(const std::string& how);
  void watch_host(base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  void kill_worker(int index, pid_t pid, base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  void give_up_undead(base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  void watch_workers(base::MonotonicTime now);
  void end_succeeded();
  bool has_another(int index) const;
  bool is_over_memory_limit(const RemoteWorker& worker) const;

  pool::WorkerPoolSettings settings_;
  const ProcessSettings& processes_;
  const RemoteWorker::Settings worker_settings_;
  RequestQueue& queue_;
  observe::PoolCounters counters_;
  observe::MetricsShard& metrics_;
  resident::BootPace boot_pace_;
  StallWatch stall_;
  std::vector<observe::WorkerSlot*> shown_;  // by number, from the first worker's
  mutable Relay relay_;
  mutable base::Mutex mutex_;
  base::Condition changed_;
  State state_ TUSK_GUARDED_BY(mutex_);
  std::unique_ptr<HostLink> old_host_;
};

}  // namespace tusk::exec::process
