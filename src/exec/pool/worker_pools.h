// WorkerPools: all pools of workers of the process, and the watchdog that supervises them.
//
// Owner: the app. Threads: start(), stop() main; the rest any. The watchdog is a thread of its own.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

#include "base/result.h"
#include "exec/executor.h"
#include "exec/lost_clients.h"
#include "exec/observation/slow_log.h"
#include "exec/pool/worker_pool.h"
#include "exec/request_queue.h"
#include "observe/metrics.h"

namespace tusk::exec::pool {

// One thread looks at the workers of all pools ten times a second, and at the load of pools that
// grow and shrink four times as often. There is none if no engine and no pool needs it.
//
// The pools share what is limited for the process as a whole: the count of lost workers that a
// client has caused, because a client that hangs workers of one pool would hang those of others,
// too, and the slow log, whose lines are limited.
//
// If no pool has a worker that will ever serve again, the process ends. If only some have none, it
// serves the others: the app has it replaced (any_dead()).
class WorkerPools {
 public:
  static constexpr std::chrono::milliseconds kLoadTick{25};
  // How long stop() waits at most for the end of boots.
  static constexpr std::chrono::milliseconds kBootEnd{3000};

  // Pool i takes its requests from queue i. The settings of the first hold for all where pools
  // share.
  WorkerPools(std::vector<WorkerPoolSettings> settings, Engine& engine,
              const std::vector<RequestQueue*>& queues, observe::Metrics& metrics);
  ~WorkerPools();
  WorkerPools(const WorkerPools&) = delete;
  WorkerPools& operator=(const WorkerPools&) = delete;

  // Starts all workers and waits until each has its executor, or one has failed. A resident script
  // that does not boot is a failure if `without_boot` says so.
  using WithoutBoot = pool::WithoutBoot;
  base::Result<void> start(WithoutBoot without_boot = WithoutBoot::kServe,
                           const MustEnd& must_end = {});

  // Ends boots, for which no client waits, and waits for all workers to end, after the queues were
  // closed: at most `timeout` and, if boots do not end, kBootEnd. False: some still
  // run a script, and the process must leave by _exit(). It must do so too if any_stuck(), but
  // stuck workers are not waited for.
  bool stop(std::chrono::milliseconds timeout);
  // Whether a thread has stopped for ever, or boots and cannot be ended.
  bool any_stuck() const;
  // A pool has no worker and will get none.
  bool any_dead() const;

  void change(const observation::SlowLogSettings& slow_log, base::Duration stall_timeout);
  // Sets the level of worker processes and their hosts.
  void change_log_level(observe::Level level);
  // Has every resident script boot anew: busy ones when their request has ended.
  void restart_scripts();
  // Has worker processes and their hosts open their log files again, each when it has no request.
  void reopen_logs();
  // Starts a new PHP host for each pool. If a pool cannot, the others still do.
  base::Result<void> begin_renewal();
  // Under way while one pool's is; else failed if one pool's has failed, with the first reason.
  Renewal renewal() const;

  const LostClients& lost_clients() const { return lost_clients_; }
  std::size_t size() const { return pools_.size(); }
  Pool& operator[](std::size_t pool) const { return *pools_[pool]; }

  std::size_t count(WorkerState state) const;
  std::vector<WorkerStatus> statuses() const;
  // Calls `look` for each worker that runs a request, lost ones too, as Worker::visit() does.
  void visit_running(const std::function<void(int worker, Exchange&, Executor&)>& look) const;
  // All worker processes and their hosts.
  std::vector<pid_t> processes() const;
  // The OPcaches of all worker processes: the sums of their counts, and the figures of the fullest.
  observe::OpcacheState code_cache() const;
  // The longest stall of a pool.
  base::Duration stalled_for() const;

 private:
  void watch_all();
  void exit_if_all_are_dead() const;
  void stop_watching();
  void break_off_boots(std::chrono::milliseconds most) const;

  LostClients lost_clients_;
  observation::SlowLog slow_log_;
  const bool needs_watchdog_;
  std::vector<std::unique_ptr<Pool>> pools_;
  std::binary_semaphore stop_watching_{0};
  std::thread watchdog_;
};

}  // namespace tusk::exec::pool
