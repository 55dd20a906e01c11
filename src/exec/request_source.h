// RequestSource: where a worker gets its requests from, one after the other.
//
// next() waits for a request that is to be run and starts it; finish() ends it. Between the two the
// request is visible to other threads: the watchdog ends what takes too long, an admin page shows
// it. Whoever runs requests needs no more than this of the server: the worker's own loop now, later
// a script that asks for its next request while it runs.
//
// Owner: a Worker. Threads: "worker" that worker's own thread; "watchdog" the pool's watchdog,
// which has to be inside visit() where it says so; "any" every thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "exec/lost_clients.h"
#include "exec/reply.h"
#include "exec/reply_encoding.h"
#include "exec/request_queue.h"
#include "exec/running_request.h"
#include "observe/metrics.h"

namespace tusk::exec {

class RequestSource {
 public:
  struct Settings {
    std::uint64_t max_requests = 0;  // for each executor; 0: any number
    ReplyLimits reply{};
    http::coding::Policy compression{};
  };

  // Why next() gave no request.
  enum class End : std::uint8_t {
    kQueueClosed,   // the server ends
    kRequestLimit,  // the executor has had Settings::max_requests
    kWorkerLost,    // the request before took too long: the worker has been replaced
  };

  RequestSource(int worker, const Settings& settings, RequestQueue& queue,
                LostClients& lost_clients, observe::MetricsShard& metrics)
      : worker_(worker),
        settings_(settings),
        queue_(queue),
        lost_clients_(lost_clients),
        metrics_(metrics),
        encoding_(settings.compression, metrics) {}
  RequestSource(const RequestSource&) = delete;
  RequestSource& operator=(const RequestSource&) = delete;

  // --- worker ---
  // A new executor serves from now on: Settings::max_requests counts from zero.
  void begin_executor() { requests_of_executor_ = 0; }

  // Waits for the next request, without a limit of time, and starts it. Requests that were
  // cancelled while they waited, and those of clients that have lost too many workers, are ended
  // here and never returned. False: there is no further request, end() says why.
  bool next();
  End end() const { return end_; }

  // The request, from next() to finish().
  const Job& job() const { return reply_->exchange().job; }
  Reply& reply() { return *reply_; }

  // Completes and sends the response, and gives the request back to its loop.
  void finish();

  // --- any ---
  // Requests that the worker has run, the current one included.
  std::uint64_t started() const { return started_.load(std::memory_order_relaxed); }
  bool is_busy() const { return current_.any(); }
  // A request was given up: the worker will run no other.
  bool is_lost() const { return lost_.load(std::memory_order_acquire); }

  // Calls `look` with the Exchange of the current request, if there is one, and returns whether
  // there was. The worker cannot end the request meanwhile, so `look` must not block.
  template <class Look>
  bool visit(Look look) {
    return current_.visit(look);
  }

  // --- watchdog ---
  // Gives the current request up, inside visit(): its client is answered with `status`, and counts
  // as one that has lost a worker.
  void lose(Exchange& exchange, int status, base::MonotonicTime now);
  // The lost request still runs: its client counts from now on again.
  void renew_loss(base::MonotonicTime now) { lost_clients_.renew(loss_, now); }

 private:
  bool start(Exchange& exchange);

  const int worker_;
  const Settings& settings_;
  RequestQueue& queue_;
  LostClients& lost_clients_;
  observe::MetricsShard& metrics_;
  ReplyEncoding encoding_;
  std::optional<Reply> reply_;  // of the current request
  std::uint64_t requests_of_executor_ = 0;
  End end_ = End::kQueueClosed;

  RunningRequest current_;
  std::atomic<std::uint64_t> started_{0};  // written by the worker alone
  std::atomic<bool> lost_{false};
  LostClients::Loss loss_ = LostClients::kNoLoss;  // the watchdog's own
};

}  // namespace tusk::exec
