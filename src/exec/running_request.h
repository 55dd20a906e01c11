// RunningRequest: the request that a worker runs, for other threads to look at.
//
// Owner: a worker of the pool. Threads: begin() and end() the worker, visit() any.
#pragma once

#include <atomic>
#include <thread>

#include "exec/exchange.h"

namespace tusk::exec {

// The worker marks its begin and end. The exchange stays valid during a visit, because end() waits
// for visitors. That costs the worker one atomic exchange per request and no lock. Visitors are
// rare: the watchdog ten times a second, and an admin page.
class RunningRequest {
 public:
  void begin(Exchange& exchange) { current_.store(&exchange, std::memory_order_release); }

  // Sequentially consistent, as visit() is: either the visitor sees that there is no request, or
  // this function sees the visitor.
  void end() {
    current_.exchange(nullptr, std::memory_order_seq_cst);
    while (visitors_.load(std::memory_order_seq_cst) != 0) std::this_thread::yield();
  }

  bool any() const { return current_.load(std::memory_order_acquire) != nullptr; }

  // Calls `look` with the exchange, if there is one. `look` may use only the job and what any
  // thread may touch, and must not block.
  template <class Look>
  bool visit(Look look) {
    visitors_.fetch_add(1, std::memory_order_seq_cst);
    Exchange* const exchange = current_.load(std::memory_order_seq_cst);
    if (exchange != nullptr) look(*exchange);
    visitors_.fetch_sub(1, std::memory_order_release);
    return exchange != nullptr;
  }

 private:
  std::atomic<Exchange*> current_{nullptr};
  std::atomic<int> visitors_{0};
};

}  // namespace tusk::exec
