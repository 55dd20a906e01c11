// WorkerPool: the OS threads that take requests from the queue and run them on an Executor each.
//
// Owner: the app. Threads: start(), stop() main; states() any; the rest is inside.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <pthread.h>

#include "base/clock.h"
#include "base/result.h"
#include "exec/executor.h"
#include "exec/request_queue.h"
#include "observe/metrics.h"

namespace tusk::exec {

// What a worker is doing: the one list, also of the metric's label values.
enum class WorkerState { starting, idle, busy, stopped };
inline constexpr WorkerState kWorkerStates[] = {WorkerState::starting, WorkerState::idle,
                                                WorkerState::busy, WorkerState::stopped};
std::string_view to_string(WorkerState state);

struct WorkerPoolSettings {
  int workers = 1;
  std::size_t stack_bytes = 16 * 1024 * 1024;
  ReplyLimits reply;
};

class WorkerPool {
 public:
  WorkerPool(WorkerPoolSettings settings, Engine& engine, RequestQueue& queue,
             observe::Metrics& metrics);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Starts all workers and waits until each has its executor, or one has failed.
  base::Result<void> start();

  // After RequestQueue::close(): waits for all workers to end, at most `patience`. False: some
  // still run a script, and the process must leave by _exit().
  bool stop(std::chrono::milliseconds patience);

  std::size_t count(WorkerState state) const;

 private:
  // One worker's thread, and what others may see of it.
  struct Worker {
    WorkerPool* pool = nullptr;
    int index = 0;
    pthread_t thread{};
    bool running = false;
    std::atomic<WorkerState> state{WorkerState::starting};
    observe::MetricsShard* metrics = nullptr;
    std::string start_error;  // written by the worker before `stopped`, read by start() after it
  };

  static void* thread_main(void* worker);
  void run(Worker& worker);
  bool serve(Worker& worker, Executor& executor);
  base::Result<void> launch(Worker& worker);
  void report(Worker& worker, WorkerState state);

  WorkerPoolSettings settings_;
  Engine& engine_;
  RequestQueue& queue_;
  std::vector<std::unique_ptr<Worker>> workers_;
  // Counts changes to and from `starting` and `stopped`: start() and stop() wait on it.
  std::atomic<std::uint32_t> changes_{0};
};

}  // namespace tusk::exec
