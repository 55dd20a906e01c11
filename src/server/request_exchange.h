// RequestExchange: the Exchange of a request.
//
// Owner: the ActiveRequest. Thread: its loop.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "exec/exchange.h"
#include "exec/exchange_pool.h"
#include "server/dispatcher.h"

namespace tusk::server {

// Holds the Exchange of a transaction's request, and knows its current owner and the state of the
// response as the worker has reported it.
class RequestExchange {
 public:
  enum class State : std::uint8_t {
    kNone,       // there is no request
    kHeld,       // the transaction owns it
    kSubmitted,  // the dispatcher owns it; a worker has it, or is to have it
  };

  // `sink` receives the worker's reports.
  RequestExchange(exec::ExchangePool& pool, ReplySink& sink) : pool_(pool), sink_(sink) {}
  RequestExchange(const RequestExchange&) = delete;
  RequestExchange& operator=(const RequestExchange&) = delete;

  State state() const { return state_; }
  bool submitted() const { return state_ == State::kSubmitted; }

  // kNone → kHeld, with an exchange that holds nothing of an earlier request.
  void take() {
    held_ = pool_.take();
    exchange_ = held_.get();
    reply_bits_ = 0;
    state_ = State::kHeld;
  }
  // kHeld → kSubmitted. False: the queue is full, and the exchange is still held.
  bool submit(Dispatcher& dispatcher) {
    if (dispatcher.submit(held_, sink_) == nullptr) return false;
    dispatcher_ = &dispatcher;
    state_ = State::kSubmitted;
    return true;
  }
  // → kNone. A worker may still use a submitted exchange: the dispatcher waits for it.
  void release() {
    if (state_ == State::kSubmitted) dispatcher_->finish_with(*exchange_);
    if (state_ == State::kHeld) pool_.give_back(std::move(held_));
    exchange_ = nullptr;
    state_ = State::kNone;
  }

  // Not in kNone.
  exec::Exchange& operator*() const { return *exchange_; }
  exec::Exchange* operator->() const { return exchange_; }

  // Whether the worker has reported `bit`.
  bool reply_has(exec::Exchange::StateBit bit) const { return (reply_bits_ & bit) != 0; }
  void add_reply_bits(std::uint32_t bits) { reply_bits_ |= bits; }
  void clear_reply_bit(exec::Exchange::StateBit bit) { reply_bits_ &= ~std::uint32_t{bit}; }

 private:
  exec::ExchangePool& pool_;
  ReplySink& sink_;
  State state_ = State::kNone;
  std::unique_ptr<exec::Exchange> held_;  // in kHeld
  exec::Exchange* exchange_ = nullptr;    // in kHeld and kSubmitted
  Dispatcher* dispatcher_ = nullptr;      // in kSubmitted
  std::uint32_t reply_bits_ = 0;
};

}  // namespace tusk::server
