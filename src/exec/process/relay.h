// Relay: hands the requests of a pool's queue to its worker processes, and their responses to the
// loops. Towards an Exchange it takes the part of the workers.
//
// It has no thread: each loop calls round() once a round. One loop at a time does the work of all;
// another that comes meanwhile leaves it to that one. So there is one lock for each round, none for
// each request.
//
// Owner: a ProcessPool. Threads: round(), prepare_to_sleep() and cancel_if_waiting() loops; the
// rest any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "exec/lost_clients.h"
#include "exec/observation/slow_log.h"
#include "exec/process/remote_worker.h"
#include "exec/request_queue.h"
#include "observe/scoreboard/metrics_shard.h"

namespace tusk::exec::process {

// Waking a process costs as much as a short script. So while scripts are quick, no more workers are
// awake for them than the machine has cores: further requests wait in the slots of those that run.
// Nothing waits behind a request that runs longer: it is taken back, and is the next for any worker
// that is idle or has room.
class Relay {
 public:
  // Scripts are quick if the mean of the last ones is below this.
  static constexpr base::Duration kQuick = std::chrono::microseconds(300);
  // A request that has run for so long has none behind it.
  static constexpr base::Duration kPatience = std::chrono::milliseconds(1);
  // How long a loop that does not sleep puts off waking workers, so that they find several
  // requests.
  static constexpr base::Duration kLongestDelay = std::chrono::microseconds(100);
  // A worker has no more requests than it runs in that time, but kFewest in any case: those that
  // wait in the queue are there for any worker.
  static constexpr base::Duration kLongestWork = std::chrono::microseconds(512);
  static constexpr std::size_t kFewest = kSlots / 2;

  struct Parts {
    RequestQueue& queue;
    LostClients& lost_clients;
    observation::SlowLog& slow_log;
    observe::MetricsShard& metrics;
    std::string_view shown_pool;  // in log lines; empty: there is only one pool
  };

  explicit Relay(const Parts& parts);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // --- loops ---
  // Publishes what workers have written, and hands out requests that wait.
  void round() { round(base::now()); }
  void round(base::MonotonicTime now);
  // Before a loop sleeps: wakes workers for what they were given. False: a worker has written
  // something that round() would publish, and the loop must not sleep.
  bool prepare_to_sleep();
  // Requests wait behind others although workers are idle: call round() again after kPatience.
  bool has_gathered() const { return gathered_.load(std::memory_order_relaxed); }
  // For other threads: both, so that nothing is left for a loop that sleeps.
  void round_for_sleeping_loops() {
    round();
    (void)prepare_to_sleep();
  }
  // Cancels a request that no worker has begun. False: one has. The exchange is released then.
  bool cancel_if_waiting(Exchange& exchange);

  // Drops requests that were given to a worker and taken back, and whose clients have left since.
  // False: there were none.
  bool drop_cancelled();

  // --- any ---
  void add(std::unique_ptr<RemoteWorker> worker);
  // The process has ended, `how`, for the log: answers its request with 502, or 504 if it was past
  // its time, has others run what it had not begun, and returns the worker. Null: there is none of
  // that process.
  std::unique_ptr<RemoteWorker> remove(int index, pid_t pid, std::string_view how);
  // Calls `look` for each worker, under the lock: it must not block.
  template <class Look>
  void visit(Look look) {
    const base::MutexLock lock(mutex_);
    for (const auto& worker : workers_) look(*worker);
  }
  // Workers that have written what is no response, since the last call.
  std::vector<std::pair<int, pid_t>> take_broken();
  bool has_broken() const { return has_broken_.load(std::memory_order_acquire); }
  // Lines of the log that workers could not write, since the last call.
  std::uint64_t take_lost_lines() { return lost_lines_.exchange(0, std::memory_order_relaxed); }
  // Requests that have ended.
  std::uint64_t ended() const { return ended_.load(std::memory_order_relaxed); }

 private:
  void wake_workers() TUSK_REQUIRES(mutex_);
  void collect(base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  void dispatch(base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  // The workers in this round.
  struct Load {
    std::size_t idle = 0;
    std::size_t quick = 0;    // are at a request that has not run for long
    bool any_behind = false;  // a request waits behind another
  };
  Load look_at_workers(base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  // Where a worker's next request waits for it.
  enum class Place : std::uint8_t { kFirst, kBehind };
  enum class Handed : std::uint8_t { kYes, kNoneWaits, kMustBeFirst, kNotToThis };
  Handed hand_out(RemoteWorker& worker, Place place, base::MonotonicTime now) TUSK_REQUIRES(mutex_);
  Exchange* next_waiting() TUSK_REQUIRES(mutex_);
  void drop(Exchange& exchange) TUSK_REQUIRES(mutex_);
  void take_back_waiting(RemoteWorker& worker) TUSK_REQUIRES(mutex_);
  bool are_quick() const TUSK_REQUIRES(mutex_) { return mean_run_ < kQuick; }
  std::size_t most_requests() const TUSK_REQUIRES(mutex_);
  static bool runs_long(const RemoteWorker& worker, base::MonotonicTime now) {
    return now - worker.busy_since() >= kPatience;
  }
  void log_loss(RemoteWorker& worker, std::string_view how, int status) TUSK_REQUIRES(mutex_);
  struct Loss {
    int status = 0;  // the request's
    base::Duration ran{};
    std::string_view how;
  };
  void tell_of_loss(const RemoteWorker& worker, const Job& job, const Loss& loss);
  void note_broken(const RemoteWorker& worker, const Exchange& exchange, base::MonotonicTime now)
      TUSK_REQUIRES(mutex_);
  void note_lost_lines(RemoteWorker& worker) TUSK_REQUIRES(mutex_);
  void note_end(RemoteWorker& worker, const Exchange& exchange, base::MonotonicTime now)
      TUSK_REQUIRES(mutex_);

  const Parts parts_;
  base::Mutex mutex_;
  std::atomic<bool> wanted_{false};
  std::atomic<bool> has_broken_{false};
  std::atomic<bool> gathered_{false};
  const std::size_t cores_;
  // Since when workers are owed a wake-up; the epoch: none is.
  base::MonotonicTime owed_since_ TUSK_GUARDED_BY(mutex_){};
  base::Duration mean_run_ TUSK_GUARDED_BY(mutex_) = kQuick;
  std::atomic<std::uint64_t> ended_{0};
  std::atomic<std::uint64_t> lost_lines_{0};
  std::vector<std::unique_ptr<RemoteWorker>> workers_ TUSK_GUARDED_BY(mutex_);
  // Requests that were given to a worker and taken back. They come before those of the queue, the
  // one that was queued first at the front.
  std::deque<Exchange*> returned_ TUSK_GUARDED_BY(mutex_);
  std::size_t serving_ TUSK_GUARDED_BY(mutex_) = 0;  // workers, in the last round
  std::vector<std::pair<int, pid_t>> broken_ TUSK_GUARDED_BY(mutex_);
};

}  // namespace tusk::exec::process
