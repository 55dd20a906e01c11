// WorkerPool: the workers, and the watchdog that supervises them.
//
// Owner: the app. Threads: start(), stop() main; count(), statuses(), visit_running() any; private
// members the watchdog.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <semaphore>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "exec/executor.h"
#include "exec/lost_clients.h"
#include "exec/observation/slow_log.h"
#include "exec/request_queue.h"
#include "exec/resident/boot_pace.h"
#include "exec/stall_watch.h"
#include "exec/worker.h"
#include "observe/metrics.h"

namespace tusk::exec {

struct WorkerPoolSettings {
  int workers = 1;                // at the start, and at least
  int max_workers = 0;            // 0: as many as `workers`
  base::Duration cooling_time{};  // without need, before a worker beyond `workers` ends
  int first_worker = 0;           // its number; those of the pool follow
  std::size_t max_lost = 1;       // lost workers that are replaced
  LostClients::Settings lost_clients;
  observation::SlowLogSettings slow_log;
  base::Duration stall_timeout{};  // zero: off
  WorkerSettings worker;
};

// If the engine has something to watch, a thread looks at every busy worker ten times a second. A
// worker whose script cannot be ended is lost: its client is answered, and a new worker takes over
// its number. Each lost worker is a thread with its memory, so at most `max_lost` are replaced;
// beyond that a number stays without a worker until a lost worker has come back, ended and been
// joined. A crashed worker never comes back: if no number has a worker, the process ends.
class WorkerPool {
 public:
  static constexpr std::chrono::milliseconds kWatchTick{100};
  // How long the process goes on without a worker: lost workers may come back.
  static constexpr std::chrono::seconds kNoWorkersLimit{3};

  WorkerPool(WorkerPoolSettings settings, Engine& engine, RequestQueue& queue,
             observe::Metrics& metrics);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // What start() does if the pool's resident script does not boot.
  enum class WithoutBoot : std::uint8_t {
    kFail,   // there is another process that serves
    kServe,  // the pool is down until it boots
  };

  // Starts all workers and waits until each has its executor and has booted its script, or one has
  // failed to.
  base::Result<void> start(WithoutBoot without_boot = WithoutBoot::kServe);

  // Waits at most `timeout` for all workers to end, after RequestQueue::close(). False: some still
  // run a script, and the process must leave by _exit(). It must do so too if any_stuck(), but
  // stuck workers are not waited for.
  bool stop(std::chrono::milliseconds timeout);
  // Whether a thread has stopped for ever.
  bool any_stuck() const;

  // Any thread.
  void change(const observation::SlowLogSettings& slow_log, base::Duration stall_timeout) {
    slow_log_.change(slow_log);
    stall_.change(stall_timeout);
  }

  // Has every resident script boot anew: busy ones when their request has ended.
  void restart_scripts();

  const resident::BootPace& boot_pace() const { return boot_pace_; }
  const LostClients& lost_clients() const { return lost_clients_; }
  std::size_t count(WorkerState state) const;
  std::vector<WorkerStatus> statuses() const;
  // Calls `look` for each worker that runs a request, lost ones too, as Worker::visit() does.
  void visit_running(const std::function<void(int worker, Exchange&, Executor&)>& look) const;
  // How long no worker has taken a request although some wait; zero while there is no stall.
  base::Duration stalled_for() const { return stall_.stalled_for(base::now()); }

 private:
  using Workers = std::vector<std::unique_ptr<Worker>>;

  Worker& add_worker(int index, const Worker::Records& records);
  Worker::Records new_records(int index);
  enum class Started : std::uint8_t { kSome, kAll };
  base::Result<Started> look_at_start(WithoutBoot without_boot) const;
  void watch_all();
  void watch_workers(base::MonotonicTime now);
  void end_loops_if_needed();
  void check_for_stall(base::MonotonicTime now);
  void replace_lost_workers();
  void exit_if_no_worker_is_left(base::MonotonicTime now);
  base::Result<void> start_successor(int index);
  void stop_watching();

  WorkerPoolSettings settings_;
  Engine& engine_;
  RequestQueue& queue_;
  observe::Metrics& metrics_;
  LostClients lost_clients_;
  observation::SlowLog slow_log_;
  resident::BootPace boot_pace_;
  // Only the watchdog adds workers, and removes those that were lost and have ended.
  mutable base::Guarded<Workers> workers_;
  // Counts changes to and from `starting` and `stopped`; start() waits on it.
  std::atomic<std::uint32_t> changes_{0};
  std::binary_semaphore stop_watching_{0};
  std::thread watchdog_;
  StallWatch stall_;
  // Used by the watchdog only.
  std::vector<int> unreplaced_;     // numbers of lost workers without a successor
  bool logged_unreplaced_ = false;  // logged that some stay without a successor
  std::optional<base::MonotonicTime> no_worker_since_;
  std::vector<Worker::Records> spare_records_;  // of workers that are gone
};

}  // namespace tusk::exec
