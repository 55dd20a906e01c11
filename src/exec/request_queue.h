// RequestQueue: the bounded queue from the loops to the workers.
//
// Owner: the app. Threads: try_push() any loop; pop() workers; the rest any.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include <semaphore.h>

#include "base/guarded.h"
#include "exec/exchange.h"

namespace tusk::exec {

// It is a lock-free ring, after Dmitry Vyukov's bounded MPMC queue, with a count in front of it.
// The count makes the bound exact: it is the number of waiting requests or, below zero, of sleeping
// workers, or of those that a Relay knows to be free. So a request that an idle worker takes at
// once never counts as waiting, and with capacity 1 exactly one request waits. A push wakes nobody:
// the loop calls wake() once after a batch, which costs a system call only if a worker sleeps.
class RequestQueue {
 public:
  // Up to `capacity` requests (at least 1) may wait for `workers` workers.
  RequestQueue(std::size_t capacity, std::size_t workers);
  ~RequestQueue();
  RequestQueue(const RequestQueue&) = delete;
  RequestQueue& operator=(const RequestQueue&) = delete;

  // False: the queue is full or closed, and the exchange still belongs to the caller.
  bool try_push(Exchange& exchange);

  // Wakes as many sleeping workers as the pushes since the last call need.
  void wake();

  // The result of pop().
  struct Popped {
    Exchange* exchange = nullptr;  // null: none
    bool closed = false;           // the queue is closed and empty
  };

  // Blocks until there is a request, and calls `before_sleep` before the worker sleeps. Returns
  // neither a request nor `closed` if nudge_sleepers() has woken the worker.
  template <class BeforeSleep>
  Popped pop(BeforeSleep before_sleep) {
    if (!claim()) {
      before_sleep();
      sleep();
    }
    return take();
  }
  Exchange* pop() {
    return pop([] {}).exchange;
  }

  // Takes a request if one waits. Null: none does.
  Exchange* try_pop();

  // The same for who hands requests to workers in advance (process::Relay), one thread at a time.
  // They count as waiting until begun() says that so many of them wait no more.
  Exchange* lend();
  void begun(std::size_t requests) {
    count_.fetch_sub(static_cast<std::int64_t>(requests), std::memory_order_acq_rel);
  }
  // Says how many workers run nothing and can begin a request at once. So many requests do not
  // count as waiting until the next call, as if these workers slept in pop().
  void set_free_workers(std::size_t workers) {
    // The ring has room for so many: while a pool changes its host, it has more workers.
    const auto now = static_cast<std::int64_t>(std::min(workers, workers_));
    if (now != free_workers_) count_.fetch_sub(now - free_workers_, std::memory_order_acq_rel);
    free_workers_ = now;
  }

  // The client of a request that waits here does not wait any more.
  void note_cancelled() { cancelled_.fetch_add(1, std::memory_order_relaxed); }
  // Called by a loop when the queue is full: drops such requests, which would keep others out until
  // a worker is free. False: there were none.
  bool drop_cancelled();

  // Wakes every worker that sleeps in pop() without a request, so that it looks at what else it
  // was told.
  void nudge_sleepers();

  // Ends the queue: workers get the waiting requests, then null. No loop may push any more.
  void close();

  bool is_closed() const { return closed_.load(std::memory_order_acquire); }
  std::size_t capacity() const { return static_cast<std::size_t>(capacity_); }
  std::size_t depth() const;
  // How many requests have been taken since the start, nudges included.
  std::size_t taken() const {
    // In this order: all that are kept have left the ring before.
    const std::size_t kept = kept_count_.load(std::memory_order_acquire);
    return head_.load(std::memory_order_relaxed) - kept;
  }
  // A worker has taken a request whose client does not wait any more, and drops it.
  void note_dropped() { dropped_.fetch_add(1, std::memory_order_relaxed); }
  // The requests that were taken to be run. Only for comparisons: it may be behind for a moment.
  std::size_t taken_to_run() const { return taken() - dropped_.load(std::memory_order_relaxed); }

 private:
  struct Slot {
    std::atomic<std::size_t> sequence;
    Exchange* exchange;  // null: a nudge
  };

  bool claim();
  bool try_claim();
  void sleep();
  Popped take();
  void enqueue(Exchange* exchange);
  bool dequeue(Exchange*& exchange);
  bool dequeue_kept(Exchange*& exchange);
  bool dequeue_from_ring(Exchange*& exchange);

  const std::int64_t capacity_;
  const std::size_t workers_;
  std::size_t mask_;
  std::unique_ptr<Slot[]> slots_;
  alignas(64) std::atomic<std::size_t> tail_{0};
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::int64_t> count_{0};
  std::atomic<std::uint32_t> wakes_owed_{0};
  std::atomic<std::size_t> dropped_{0};
  std::atomic<bool> closed_{false};
  std::atomic<std::size_t> cancelled_{0};  // noted since the last drop_cancelled()
  // Requests that drop_cancelled() has taken out of the ring and kept. They come before its others.
  base::Guarded<std::deque<Exchange*>> kept_;
  std::atomic<std::size_t> kept_count_{0};
  std::int64_t free_workers_ = 0;  // used by the Relay's threads, one at a time
  sem_t sleepers_;
};

}  // namespace tusk::exec
