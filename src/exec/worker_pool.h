// WorkerPool: the workers, and the watchdog that looks after them.
//
// Where an engine has something to watch, a thread looks at every busy worker ten times a second.
// A worker whose script cannot be ended is given up: its client is answered, and another worker
// takes its place in the queue. It is joined if it ever comes back.
//
// Owner: the app. Threads: start(), stop() main; count(), statuses() any; the rest is inside.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "exec/executor.h"
#include "exec/request_queue.h"
#include "exec/worker.h"
#include "observe/metrics.h"

namespace tusk::exec {

struct WorkerPoolSettings {
  int workers = 1;
  WorkerSettings worker;
};

class WorkerPool {
 public:
  static constexpr std::chrono::milliseconds kWatchTick{100};

  WorkerPool(WorkerPoolSettings settings, Engine& engine, RequestQueue& queue,
             observe::Metrics& metrics);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Starts all workers and waits until each has its executor, or one has failed.
  base::Result<void> start();

  // After RequestQueue::close(): waits for all workers to end, at most `patience`. False: some
  // still run a script, and the process must leave by _exit().
  bool stop(std::chrono::milliseconds patience);

  std::size_t count(WorkerState state) const;
  std::vector<WorkerStatus> statuses() const;

 private:
  using Workers = std::vector<std::unique_ptr<Worker>>;

  Worker& add_worker(int index);
  void watch_all();
  void replace(int index);
  void stop_watching();

  WorkerPoolSettings settings_;
  Engine& engine_;
  RequestQueue& queue_;
  observe::Metrics& metrics_;
  // All that were ever started; only the watchdog adds some, and none is removed.
  mutable base::Guarded<Workers> workers_;
  // Counts changes to and from `starting` and `stopped`: start() waits on it.
  std::atomic<std::uint32_t> changes_{0};
  std::binary_semaphore stop_watching_{0};
  std::thread watchdog_;
};

}  // namespace tusk::exec
