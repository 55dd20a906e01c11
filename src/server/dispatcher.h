// Dispatcher: where a loop's connections hand requests to the workers and get responses back.
//
// It keeps the table from an exchange's key to whoever waits for it, so that an exchange itself
// knows nothing of the loop's objects, and an answer that nobody waits for any more finds no one.
//
// Owner: the app. Thread: its loop.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "exec/exchange_pool.h"
#include "exec/request_queue.h"
#include "exec/response_channel.h"

namespace tusk::server {

// Who waits for a response.
class ReplySink {
 public:
  // `bits` of Exchange::State are new. The sink may call finish_with() from here.
  virtual void on_reply(std::uint32_t bits) = 0;

 protected:
  ~ReplySink() = default;
};

class Dispatcher {
 public:
  Dispatcher(exec::RequestQueue& queue, std::unique_ptr<exec::ResponseChannel> channel);

  std::unique_ptr<exec::Exchange> take_exchange() { return pool_.take(); }
  void give_back(std::unique_ptr<exec::Exchange> exchange) { pool_.give_back(std::move(exchange)); }

  // Queues the request. Null: the queue is full, and `exchange` still the caller's. Otherwise the
  // exchange is the dispatcher's until finish_with(), and the sink may look at it.
  exec::Exchange* submit(std::unique_ptr<exec::Exchange>& exchange, ReplySink& sink);

  // The sink has what it wanted of the response, or wants no more. A worker may still use the
  // exchange; it is recycled when it comes back.
  void finish_with(exec::Exchange& exchange);

  // Once a round: hands out what came from the workers, then wakes workers for what was queued.
  std::size_t end_round();

  exec::ResponseChannel& channel() { return *channel_; }
  exec::RequestQueue& queue() { return queue_; }
  // Requests that are queued, run, or are being answered.
  std::size_t in_flight() const { return in_flight_; }

 private:
  struct Slot {
    std::unique_ptr<exec::Exchange> exchange;
    ReplySink* sink = nullptr;
    bool released = false;
    bool abandoned = false;  // its worker may never give it back: nobody waits for that
  };

  void deliver(exec::Exchange& exchange);
  void recycle(std::uint64_t key);

  exec::RequestQueue& queue_;
  std::unique_ptr<exec::ResponseChannel> channel_;
  exec::ExchangePool pool_;
  std::vector<Slot> slots_;
  std::vector<std::uint64_t> free_slots_;
  std::size_t in_flight_ = 0;
};

}  // namespace tusk::server
