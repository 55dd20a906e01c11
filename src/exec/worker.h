// Worker: one OS thread that takes requests from the queue and runs them on an Executor.
//
// Owner: the WorkerPool, which also decides what becomes of one that is lost. Threads: what stands
// under "worker" is its own; the rest is for others.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <pthread.h>
#include <signal.h>

#include "base/clock.h"
#include "base/result.h"
#include "exec/executor.h"
#include "exec/lost_clients.h"
#include "exec/reply_encoding.h"
#include "exec/request_queue.h"
#include "exec/running_request.h"
#include "exec/worker_stack.h"
#include "observe/metrics.h"

namespace tusk::exec {

// What a worker is doing: the one list, also of the metric's label values.
enum class WorkerState {
  kStarting,
  kIdle,
  kBusy,
  kLost,  // given up: runs a script whose time is over and that does not end, or has crashed
  kStopped
};
inline constexpr WorkerState kWorkerStates[] = {WorkerState::kStarting, WorkerState::kIdle,
                                                WorkerState::kBusy, WorkerState::kLost,
                                                WorkerState::kStopped};
std::string_view to_string(WorkerState state);

// What one worker is doing, for people.
struct WorkerStatus {
  int worker = 0;
  WorkerState state = WorkerState::kStarting;
  std::uint64_t requests = 0;  // that it has taken
  // Of the request it is at; empty otherwise.
  std::uint64_t request_id = 0;
  base::Duration running{};  // since it took the request
  std::string method;
  std::string target;
  std::string script;
};

struct WorkerSettings {
  std::size_t stack_bytes = 16 * 1024 * 1024;  // address space
  std::uint64_t max_requests = 0;              // then its executor is made anew; 0: never
  ReplyLimits reply;
  http::coding::Policy compression;
};

class Worker {
 public:
  // `on_change` is called by the worker when it enters or leaves `starting` and `stopped`.
  Worker(int index, const WorkerSettings& settings, Engine& engine, RequestQueue& queue,
         LostClients& lost_clients, observe::MetricsShard& metrics,
         std::function<void()> on_change);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  base::Result<void> launch();
  // Waits for its end until `until` (CLOCK_REALTIME). False: it still runs.
  bool join(const timespec& until);

  int index() const { return index_; }
  WorkerState state() const { return state_.load(std::memory_order_acquire); }
  // It was given up, however it ended since.
  bool was_lost() const { return lost_.load(std::memory_order_acquire); }
  // Its thread has stopped for ever: nobody should wait for it, nor touch what it has.
  bool is_stuck() const { return stuck_.load(std::memory_order_acquire); }
  observe::MetricsShard& metrics() { return metrics_; }
  WorkerStatus status();
  // Once `stopped`: why it could not start.
  const std::string& start_error() const { return start_error_; }

  // Lets the executor look at the request that runs. True: the request is lost. Its client has
  // been told, and the worker will take no other.
  bool watch(base::MonotonicTime now);
  // The same for one that is lost.
  void watch_lost(base::MonotonicTime now);

 private:
  enum class Served { kQueueClosed, kBroken, kEnough, kLost };

  static void* thread_main(void* worker);
  void run();
  Served serve(Executor& executor);
  void execute(Executor& executor, Exchange& exchange, Outcome& outcome);
  void report(WorkerState state);
  bool refuse(Exchange& exchange, Reply& reply);
  void lose(Exchange& exchange, bool crashed, base::MonotonicTime now);

  const int index_;
  const WorkerSettings& settings_;
  Engine& engine_;
  RequestQueue& queue_;
  LostClients& lost_clients_;
  observe::MetricsShard& metrics_;
  ReplyEncoding encoding_;
  std::function<void()> on_change_;
  pthread_t thread_{};
  bool running_ = false;
  WorkerStack stack_;  // worker

  std::atomic<WorkerState> state_{WorkerState::kStarting};
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<bool> lost_{false};
  std::atomic<bool> stuck_{false};
  RunningRequest current_;
  LostClients::Loss loss_ = LostClients::kNobody;  // the watchdog's own
  Executor* executor_ = nullptr;                   // to be used within a visit to current_ only
  std::string start_error_;                        // written before `stopped`
};

}  // namespace tusk::exec
