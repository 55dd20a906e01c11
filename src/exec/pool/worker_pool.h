// WorkerPool: the workers of one queue.
//
//   worker_pool.cc        their start and end, and what others see of them
//   worker_pool_watch.cc  the watchdog's part: lost workers, stalls, successors
//   worker_pool_size.cc   the same: workers that are started, growth
//
// Owner: the WorkerPools. Threads: launch(), await_start(), join() main; functions under "watchdog"
// that thread; the rest any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "exec/executor.h"
#include "exec/lost_clients.h"
#include "exec/observation/slow_log.h"
#include "exec/pool/elasticity.h"
#include "exec/pool/pool.h"
#include "exec/pool/worker.h"
#include "exec/process/process_settings.h"
#include "exec/request_queue.h"
#include "exec/resident/boot_pace.h"
#include "exec/stall_watch.h"
#include "observe/metrics.h"

namespace tusk::exec::pool {

struct WorkerPoolSettings {
  int workers = 1;                // at least so many
  int max_workers = 0;            // 0: as many as `workers`
  base::Duration cooling_time{};  // after which one that is not needed is retired
  int first_worker = 0;           // its number; numbers are unique in the process
  std::size_t max_lost = 1;       // lost workers that are replaced
  // A worker that has reached a limit goes on until another one serves in its place. So is it with
  // resident scripts in any case, because they take long to boot.
  bool successor_first = false;
  LostClients::Settings lost_clients;
  observation::SlowLogSettings slow_log;
  base::Duration stall_timeout{};  // zero: off
  // When a worker could not start, the next one is tried after this time.
  base::Duration start_pause = std::chrono::seconds(10);
  WorkerSettings worker;
  // The workers are processes. Empty: threads.
  std::optional<process::ProcessSettings> processes{};

  int most_workers() const { return max_workers > workers ? max_workers : workers; }
  bool has_successors() const { return successor_first || !worker.scripts.resident_script.empty(); }
  bool needs_watchdog() const { return most_workers() > workers || has_successors() || processes; }
};

// The watchdog looks at every busy worker ten times a second. A worker whose script cannot be ended
// is lost: its client is answered, and a new worker takes over its number. Each lost worker is a
// thread with its memory, so at most `max_lost` are replaced; beyond that a number stays without a
// worker until a lost worker has come back, ended and been joined. A crashed worker never comes
// back: a pool whose numbers have no worker is dead. Each pool has its own `max_lost`, so that one
// whose scripts crash does not use up the room of the others.
class WorkerPool final : public Pool {
 public:
  static constexpr std::chrono::milliseconds kWatchTick{100};
  // How long a pool without a worker is not dead: lost workers may come back.
  static constexpr std::chrono::seconds kNoWorkersLimit{3};

  // The objects that all pools of the process share.
  struct Shared {
    Engine& engine;
    LostClients& lost_clients;
    observation::SlowLog& slow_log;
    observe::Metrics& metrics;
  };

  WorkerPool(WorkerPoolSettings settings, const Shared& shared, RequestQueue& queue);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  base::Result<void> launch() override;
  base::Result<void> await_start(WithoutBoot without_boot, const MustEnd& must_end) override;
  bool break_off_boots(base::MonotonicTime now) override;
  bool join(base::MonotonicTime until) override;

  void change(base::Duration stall_timeout) override { stall_.change(stall_timeout); }
  void restart_scripts() override;

  const std::string& name() const override { return settings_.worker.scripts.pool; }
  const resident::BootPace& boot_pace() const override { return boot_pace_; }
  observe::PoolCounters& counters() override { return counters_; }
  bool any_stuck() const override;
  bool is_dead() const override { return dead_.load(std::memory_order_relaxed); }
  std::size_t count(WorkerState state) const override;
  observe::PoolFigures figures() const override;
  std::vector<WorkerStatus> statuses() const override;
  void visit_running(
      const std::function<void(int worker, Exchange&, Executor&)>& look) const override;
  base::Duration stalled_for() const override { return stall_.stalled_for(base::now()); }

  // --- watchdog ---
  bool is_elastic() const override { return !elasticity_.is_fixed(); }
  void watch(base::MonotonicTime now) override;
  void look_at_load(base::MonotonicTime now) override;

 private:
  using Workers = std::vector<std::unique_ptr<Worker>>;
  // A worker that has reached a limit, and the one that is to take its place.
  struct Succession {
    Worker* old = nullptr;
    Worker* next = nullptr;
    base::MonotonicTime not_before{};
  };

  enum class Started : std::uint8_t { kSome, kAll };
  base::Result<Started> look_at_start(WithoutBoot without_boot) const;
  Worker& add_worker(int index, const Worker::Records& records);
  Worker::Records new_records(int index);
  base::Result<Worker*> start_worker(int index);
  void note_failed_start(const Worker& worker, base::MonotonicTime now);
  void start_missing_workers(base::MonotonicTime now);

  void watch_workers(base::MonotonicTime now);
  void nudge_ending_workers();
  void note_lost(const Worker& worker);
  void end_loops_if_needed();
  void check_for_stall(base::MonotonicTime now);
  void replace_lost_workers();
  std::size_t count_lost() const;
  std::size_t replaced_lost_workers() const;
  void advance_succession(base::MonotonicTime now);
  Worker* over_its_limit() const;
  void check_for_death(base::MonotonicTime now);
  Elasticity::Load load() const;
  void grow(int by);
  void shrink();
  std::optional<int> free_number() const;
  bool takes_part(const Worker& worker) const;

  WorkerPoolSettings settings_;
  Engine& engine_;
  RequestQueue& queue_;
  observe::Metrics& metrics_;
  LostClients& lost_clients_;
  observation::SlowLog& slow_log_;
  observe::PoolCounters counters_;
  resident::BootPace boot_pace_;
  // Only the watchdog adds workers, and removes those that were lost or retired and have ended.
  mutable base::Guarded<Workers> workers_;
  std::atomic<std::uint64_t> requests_of_removed_{0};  // changes under that lock
  // Counts changes to and from `starting` and `stopped`; await_start() waits on it.
  std::atomic<std::uint32_t> changes_{0};
  StallWatch stall_;
  std::atomic<bool> dead_{false};
  std::atomic<bool> has_started_{false};  // await_start() has seen all workers start
  bool still_boots_ = false;              // set by break_off_boots()
  // Used by the watchdog only.
  Elasticity elasticity_;
  Succession succession_;
  std::vector<int> unreplaced_;  // numbers of lost workers without a successor
  std::vector<int> missing_;     // numbers of workers that could not start, and are needed
  base::MonotonicTime no_start_before_{};
  std::string logged_start_error_;  // until a worker starts again
  bool logged_unreplaced_ = false;  // logged that some stay without a successor
  std::optional<base::MonotonicTime> no_worker_since_;
  std::vector<Worker::Records> spare_records_;  // of workers that are gone
};

}  // namespace tusk::exec::pool
