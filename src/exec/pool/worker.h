// Worker: a thread that runs requests.
//
// Owner: the WorkerPool, which also decides what happens after a worker is lost. Threads: launch(),
// join() and start_error() the pool's; watch(), watch_lost() the watchdog; the rest any.
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
#include "exec/observation/slow_log.h"
#include "exec/pool/worker_name.h"
#include "exec/pool/worker_stack.h"
#include "exec/request_queue.h"
#include "exec/request_source.h"
#include "exec/resident/boot_pace.h"
#include "observe/scoreboard/metrics_shard.h"
#include "observe/scoreboard/worker_slot.h"

namespace tusk::exec::pool {

using observe::kWorkerStates;
using observe::WorkerState;

inline bool serves(WorkerState state) {
  return state == WorkerState::kIdle || state == WorkerState::kBusy;
}

// The state of a worker and its request, for the admin page.
struct WorkerStatus {
  int worker = 0;
  WorkerState state = WorkerState::kStarting;
  std::uint64_t requests = 0;  // started so far
  // The request that it runs; empty if it runs none.
  std::uint64_t request_id = 0;
  base::Duration running{};  // since it took the request
  std::string method;
  std::string target;
  std::string script;
};

struct WorkerSettings {
  std::size_t stack_bytes = 16 * 1024 * 1024;  // address space
  RequestSource::Settings requests;            // past max_requests the executor is replaced
  std::uint64_t memory_limit = 0;              // the same, if it keeps more; 0: never
  PoolScripts scripts;
  std::string shown_pool{};  // in log lines; empty: there is only one pool
};

// One OS thread that runs the requests of its RequestSource on an Executor.
class Worker final : private RequestFeed {
 public:
  // Where the worker counts, and where it shows what it does. They belong to the place of this
  // process in the scoreboard.
  struct Records {
    observe::MetricsShard& metrics;
    observe::WorkerSlot& slot;
    observe::PoolCounters& pool;
  };

  // The worker calls `on_change` when it enters or leaves `starting` and `stopped`.
  Worker(int index, const WorkerSettings& settings, Engine& engine, RequestQueue& queue,
         LostClients& lost_clients, observation::SlowLog& slow_log, resident::BootPace& boot_pace,
         const Records& records, std::function<void()> on_change);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  base::Result<void> launch();
  // Waits until `until` for the thread to end. False: it still runs.
  bool join(base::MonotonicTime until);

  int index() const { return index_; }
  WorkerState state() const;
  // It was given up at some time, even if it has ended since.
  bool was_lost() const { return source_.is_lost(); }
  // Its thread has stopped for ever: do not wait for it, and do not touch what it owns.
  bool is_stuck() const { return stuck_.load(std::memory_order_acquire); }
  const Records& records() const { return records_; }
  WorkerStatus status();
  // Calls `look` with the running request's Exchange and Executor, if it runs one. `look` may use
  // of them what any thread may, and must not block.
  template <class Look>
  bool visit(Look look) {
    return source_.visit([&](Exchange& exchange) { look(exchange, *executor_); });
  }
  // Why it could not start, once it is `stopped`. Empty: it has ended otherwise.
  const std::string& start_error() const { return start_error_; }

  // Ends the worker's script, or the worker, once it has no request (RequestSource::ask_to_end()).
  // The caller nudges the queue. Any thread.
  void ask_to_end(RequestSource::End why) { source_.ask_to_end(why); }
  // Ends the worker once it has no request: it is needed no more, or has a successor. The watchdog
  // only; the caller nudges the queue.
  void retire() {
    retiring_ = true;
    ask_to_end(RequestSource::End::kRetired);
  }
  bool is_retiring() const { return retiring_; }
  // It has not noticed yet.
  bool is_asked_to_end() const { return source_.must_end(); }
  // It has reached a limit, and serves on until it is told to end.
  bool wants_successor() const { return source_.wants_successor(); }
  // How many requests it has started.
  std::uint64_t started() const { return source_.started(); }
  bool is_resident() const { return !settings_.scripts.resident_script.empty(); }

  // OPcache's restart was wanted when the script had booted, most likely by its own boot: it would
  // boot again and again if it made room before it has served a request. Any thread.
  bool keeps_serving() const {
    return boot_wants_restart_.load(std::memory_order_acquire) &&
           !has_served_.load(std::memory_order_acquire);
  }

  // Lets the executor look at the running request. True: the request is lost, its client was told,
  // and the worker will take no other.
  bool watch(base::MonotonicTime now);
  // The pool ends: ends the resident script if it boots, since no client waits for that. Returns
  // whether it boots. To be called again and again.
  bool break_off_boot(base::MonotonicTime now);
  // The same for a worker that is lost.
  void watch_lost(base::MonotonicTime now);

 private:
  enum class Phase : std::uint8_t { kStarting, kServing, kStopped };

  static void* thread_main(void* worker);
  void run();
  // Why an executor does not go on.
  enum class ServeEnd : std::uint8_t { kNoRequest, kBroken, kMemory };
  ServeEnd serve(Executor& executor);
  ServeEnd serve_resident(Executor& executor);
  void wait_to_boot(base::Duration delay);
  bool is_over_memory_limit() const {
    return settings_.memory_limit != 0 && executor_->retained_bytes() > settings_.memory_limit;
  }

  // --- RequestFeed ---
  void begin_script(Exchange& boot) override {
    boot_ = &boot;
    source_.begin_script(boot);
  }
  bool boots_again() const override { return failed_boots_ != 0; }
  void booted() override;
  void fail_boot(std::string_view error) override;
  void end_script() override { source_.end_script(); }
  bool next() override;
  const Job& job() const override { return source_.job(); }
  Reply& reply() override { return source_.reply(); }
  void finish() override;

  void enter(Phase phase);
  void count_recycling(observe::WorkerRecycling by_default);
  WorkerName name() const { return {index_, settings_.shown_pool}; }
  void show(const PathCacheUse& use);
  void lose(Exchange& exchange, bool crashed, base::MonotonicTime now);

  const int index_;
  const WorkerSettings& settings_;
  Engine& engine_;
  const Records records_;
  RequestSource source_;
  observation::SlowLog& slow_log_;
  resident::BootPace& boot_pace_;
  std::function<void()> on_change_;
  pthread_t thread_{};
  bool running_ = false;
  WorkerStack stack_;  // used by the worker only

  std::atomic<Phase> phase_{Phase::kStarting};
  std::atomic<bool> stuck_{false};
  std::atomic<bool> counts_as_up_{false};  // by BootPace, until its script ends or is lost
  Executor* executor_ = nullptr;         // other threads use it inside RequestSource::visit() only
  bool retiring_ = false;                // used by the watchdog only
  std::atomic<bool> has_served_{false};  // the resident script that runs
  std::atomic<bool> boot_wants_restart_{false};
  bool over_memory_limit_ = false;  // used by the worker only, like the next
  std::string boot_error_;
  const Exchange* boot_ = nullptr;  // of the resident script that runs
  int failed_boots_ = 0;            // in a row
  std::string start_error_;         // written before `stopped`
};

}  // namespace tusk::exec::pool
