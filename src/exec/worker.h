// Worker: one OS thread that runs the requests of its RequestSource on an Executor.
//
// Owner: the WorkerPool, which also decides what becomes of a worker that is lost. Threads:
// launch(), join() and start_error() the pool's; watch(), watch_lost() the watchdog; the rest any.
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
#include "exec/request_queue.h"
#include "exec/request_source.h"
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
  RequestSource::Settings requests;            // past max_requests its executor is made anew
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
  WorkerState state() const;
  // It was given up, however it ended since.
  bool was_lost() const { return source_.is_lost(); }
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
  enum class Phase : std::uint8_t { kStarting, kServing, kStopped };

  static void* thread_main(void* worker);
  void run();
  ExecutorHealth serve(Executor& executor);
  void enter(Phase phase);
  void lose(Exchange& exchange, bool crashed, base::MonotonicTime now);

  const int index_;
  const WorkerSettings& settings_;
  Engine& engine_;
  observe::MetricsShard& metrics_;
  RequestSource source_;
  std::function<void()> on_change_;
  pthread_t thread_{};
  bool running_ = false;
  WorkerStack stack_;  // worker

  std::atomic<Phase> phase_{Phase::kStarting};
  std::atomic<bool> stuck_{false};
  Executor* executor_ = nullptr;  // other threads: within RequestSource::visit() only
  std::string start_error_;       // written before `stopped`
};

}  // namespace tusk::exec
