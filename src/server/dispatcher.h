// Dispatcher: hands a loop's requests to the workers and their responses back to the loop.
//
// Owner: the app. Thread: its loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "exec/exchange_pool.h"
#include "exec/process/relay.h"
#include "exec/request_queue.h"
#include "exec/response_channel.h"
#include "observe/scoreboard/pool_facts.h"
#include "server/answers/queue_forecast.h"

namespace tusk::server {

// Waits for a response: the Transaction.
class ReplySink {
 public:
  // `bits` of Exchange::StateBit are new. The sink may call finish_with() from within.
  virtual void on_reply(std::uint32_t bits) = 0;

 protected:
  ~ReplySink() = default;
};

// A pool of workers, as a loop sees it. Job::pool is its index.
struct DispatchPool {
  exec::RequestQueue& queue;
  // Hands the queue's requests to worker processes; null: workers are threads, which take them.
  exec::process::Relay* relay = nullptr;
  base::Duration queue_timeout{};             // how long a request may wait for a worker
  observe::PoolCounters* counters = nullptr;  // null: nobody counts
  std::string_view shown_name{};              // in log lines; empty: there is only one
  answers::QueueForecast forecast{};          // of this loop
};

// Maps an exchange's key to the sink that waits for it. So an exchange needs no pointer to an
// object of the loop, and a response that no sink waits for any more is dropped.
class Dispatcher {
 public:
  // `loop` is the loop's number.
  Dispatcher(std::vector<DispatchPool> pools, std::unique_ptr<exec::ResponseChannel> channel,
             std::size_t loop = 0);

  // Where its exchanges come from, and return to.
  exec::ExchangePool& exchanges() { return exchanges_; }

  // Queues the request for its job's pool. Null: the queue is full, and the caller keeps
  // `exchange`. Otherwise the dispatcher owns it until finish_with(), and the sink may use it.
  exec::Exchange* submit(std::unique_ptr<exec::Exchange>& exchange, ReplySink& sink);

  // The sink needs no more of the response. A worker may still use the exchange, which is recycled
  // when the worker releases it.
  void finish_with(exec::Exchange& exchange);

  // Called once a round: delivers what came from the workers, then wakes workers for queued
  // requests. Returns the number of deliveries.
  std::size_t end_round();

  // Cancels a request that no worker has taken yet. False: a worker has taken it.
  bool cancel_if_waiting(exec::Exchange& exchange);

  // The loop is about to sleep. False: there is something to do for end_round().
  bool prepare_to_sleep();
  // Zero: as long as it likes.
  base::Duration longest_sleep() const;

  exec::ResponseChannel& channel() { return *channel_; }
  DispatchPool& pool_of(const exec::Job& job) { return pools_[job.pool]; }
  // Requests that are queued, running, or being answered.
  std::size_t in_flight() const { return in_flight_; }

 private:
  struct Slot {
    std::unique_ptr<exec::Exchange> exchange;
    ReplySink* sink = nullptr;
    bool released = false;
    bool abandoned = false;  // its worker may never release it; a drain does not wait for it
  };

  bool push(exec::Exchange& exchange);
  static bool drop_cancelled(const DispatchPool& pool);
  void deliver(exec::Exchange& exchange);
  void recycle(std::uint64_t key);

  std::vector<DispatchPool> pools_;
  std::unique_ptr<exec::ResponseChannel> channel_;
  const std::uint16_t loop_;
  exec::ExchangePool exchanges_;
  std::vector<Slot> slots_;
  std::vector<std::uint64_t> free_slots_;
  std::size_t in_flight_ = 0;
};

}  // namespace tusk::server
