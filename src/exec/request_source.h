// RequestSource: where a worker gets its requests, one after the other.
//
// Owner: a Worker. Threads: functions under "worker" are called by that worker's own thread, those
// under "watchdog" by the pool's watchdog, those under "any" by every thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "exec/lost_clients.h"
#include "exec/observation/cpu_meter.h"
#include "exec/reply.h"
#include "exec/reply_encoding.h"
#include "exec/request_queue.h"
#include "exec/running_request.h"
#include "observe/scoreboard/metrics_shard.h"
#include "observe/scoreboard/worker_slot.h"

namespace tusk::exec {

// next() waits for a request and starts it; finish() ends it. In between other threads can see the
// request: the watchdog ends requests that take too long, and an admin page shows them. Code that
// runs requests needs nothing else of the server: the worker's loop, and a resident script that
// asks for its next request while it runs.
class RequestSource {
 public:
  struct Settings {
    std::uint64_t max_requests = 0;  // for each executor; 0: any number
    // An executor that has reached a limit serves on until next() is told to end.
    bool successor_first = false;
    ReplyLimits reply{};
    http::coding::Policy compression{};
  };

  // Why next() returned no request.
  enum class End : std::uint8_t {
    kQueueClosed,   // the server shuts down
    kRequestLimit,  // the executor has run Settings::max_requests
    kWorkerLost,    // the last request took too long, and another worker has taken this one's place
    kRestart,       // a resident script is to boot anew
    kRetired,       // the pool needs the worker no more
  };

  RequestSource(int worker, const Settings& settings, RequestQueue& queue,
                LostClients& lost_clients, observe::MetricsShard& metrics,
                observe::WorkerSlot& slot)
      : worker_(worker),
        settings_(settings),
        queue_(queue),
        lost_clients_(lost_clients),
        metrics_(metrics),
        slot_(slot),
        cpu_(metrics),
        encoding_(settings.compression, metrics) {}
  RequestSource(const RequestSource&) = delete;
  RequestSource& operator=(const RequestSource&) = delete;

  // --- worker ---
  // A new executor serves from now on: Settings::max_requests counts from zero.
  void begin_executor() {
    requests_of_executor_ = 0;
    recycling_.store(kNoRecycling, std::memory_order_relaxed);
    cpu_.begin();
  }

  // A resident script begins. Until end_script() other threads see `boot` as the current request
  // whenever the script runs without a client's request: while it boots, and between requests.
  void begin_script(Exchange& boot);
  void end_script();
  // Answers the requests that wait with 503, because there is no script for them. Their clients may
  // come back after `retry_after`.
  void refuse_waiting(base::Duration retry_after);

  // Waits for the next request, without a time-out, and starts it. Requests that were cancelled
  // while they waited, and those of clients that have lost too many workers, are ended here and not
  // returned. False: there is no further request; end() says why.
  bool next();
  End end() const { return end_; }
  // Between two lives of a resident script. True: there is no use in another one, and end() says
  // why. Requests that still wait in a closed queue are refused.
  bool gives_up(base::Duration retry_after);

  // The executor has reached a limit. True: it serves on, and wants_successor().
  bool serves_on(observe::WorkerRecycling reason) {
    if (!settings_.successor_first) return false;
    if (!wants_successor())
      recycling_.store(static_cast<std::uint8_t>(reason), std::memory_order_relaxed);
    return true;
  }
  // Why it wants a successor.
  std::optional<observe::WorkerRecycling> recycling() const {
    const std::uint8_t reason = recycling_.load(std::memory_order_relaxed);
    if (reason == kNoRecycling) return std::nullopt;
    return static_cast<observe::WorkerRecycling>(reason);
  }

  // The current request. Valid from next() to finish().
  const Job& job() const { return reply_->exchange().job; }
  Reply& reply() { return *reply_; }

  // Completes and sends the response, and gives the request back to its loop.
  void finish();

  // --- any ---
  // How many requests the worker has started, including the current one.
  std::uint64_t started() const { return started_.load(std::memory_order_relaxed); }
  bool is_busy() const { return current_.any(); }
  bool wants_successor() const {
    return recycling_.load(std::memory_order_relaxed) != kNoRecycling;
  }
  // Makes next() return false with `why`: once with kRestart or kRequestLimit, and from then on
  // with kRetired, which wins. A worker that sleeps notices when the queue is nudged.
  void ask_to_end(End why) {
    if (why == End::kRetired) {
      asked_.store(why, std::memory_order_release);
    } else {
      End none = End::kQueueClosed;
      asked_.compare_exchange_strong(none, why, std::memory_order_acq_rel);
    }
  }
  // ask_to_end() was called, or the queue is closed.
  bool must_end() const;
  // The server shuts down: no client waits for anything.
  bool is_closed() const { return queue_.is_closed(); }
  // A request was given up: the worker will run no other.
  bool is_lost() const { return lost_.load(std::memory_order_acquire); }

  // Calls `look` with the Exchange of the current request, if there is one, and returns whether
  // there was. The worker cannot end the request meanwhile, so `look` must not block.
  template <class Look>
  bool visit(Look look) {
    return current_.visit(look);
  }

  // --- watchdog ---
  // Gives the current request up. Call it inside visit(). Its client is answered with `status`, and
  // counts as one that has lost a worker.
  void lose(Exchange& exchange, int status, base::MonotonicTime now);
  // Frees the request's output, since the worker's thread has crashed and stopped for ever. Call it
  // inside visit().
  void free_output() { reply_->free_spool(); }
  // The lost request still runs: its client counts from now again.
  void renew_loss(base::MonotonicTime now) { lost_clients_.renew(loss_, now); }

 private:
  static constexpr std::uint8_t kNoRecycling = 0xff;

  bool take();
  bool is_asked_to_end();
  bool start(Exchange& exchange);
  void count(const Exchange& exchange, base::Duration took);
  void show(const Exchange& exchange);
  void begin_without_request();

  const int worker_;
  const Settings& settings_;
  RequestQueue& queue_;
  LostClients& lost_clients_;
  observe::MetricsShard& metrics_;
  observe::WorkerSlot& slot_;  // shows the current request to other processes
  observation::CpuMeter cpu_;
  ReplyEncoding encoding_;
  std::optional<Reply> reply_;  // for the current request
  Exchange* boot_ = nullptr;    // of the resident script that runs
  std::uint64_t requests_of_executor_ = 0;
  End end_ = End::kQueueClosed;
  std::atomic<End> asked_{End::kQueueClosed};  // that: not asked

  // An observe::WorkerRecycling, for which a successor is wanted.
  std::atomic<std::uint8_t> recycling_{kNoRecycling};
  RunningRequest current_;
  std::atomic<std::uint64_t> started_{0};  // written by the worker only
  std::atomic<bool> lost_{false};
  LostClients::Loss loss_ = LostClients::kNoLoss;  // used by the watchdog only
};

}  // namespace tusk::exec
