#include "exec/request_queue.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <limits>
#include <thread>
#include <utility>

namespace tusk::exec {

namespace {

// Added to the count by close(), so that no worker sleeps any more, however many call pop().
constexpr std::int64_t kClosed = std::numeric_limits<std::int64_t>::max() / 2;

}  // namespace

RequestQueue::RequestQueue(std::size_t capacity, std::size_t workers)
    : capacity_(static_cast<std::int64_t>(std::max<std::size_t>(capacity, 1))), workers_(workers) {
  // The count reaches its limit before the ring is full: requests that were promised to a woken
  // worker are in the ring beside those that wait.
  const std::size_t size = std::bit_ceil(std::max<std::size_t>(capacity, 1) + workers + 1);
  mask_ = size - 1;
  slots_ = std::make_unique<Slot[]>(size);
  for (std::size_t i = 0; i < size; ++i) slots_[i].sequence.store(i, std::memory_order_relaxed);
  ::sem_init(&sleepers_, 0, 0);
}

RequestQueue::~RequestQueue() { ::sem_destroy(&sleepers_); }

bool RequestQueue::try_push(Exchange& exchange) {
  std::int64_t count = count_.load(std::memory_order_relaxed);
  do {
    if (count >= capacity_) return false;
  } while (!count_.compare_exchange_weak(count, count + 1, std::memory_order_acq_rel,
                                         std::memory_order_relaxed));
  enqueue(&exchange);
  if (count < 0) wakes_owed_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void RequestQueue::wake() {
  if (wakes_owed_.load(std::memory_order_relaxed) == 0) return;
  const std::uint32_t owed = wakes_owed_.exchange(0, std::memory_order_acq_rel);
  for (std::uint32_t i = 0; i < owed; ++i) ::sem_post(&sleepers_);
}

// False: there is none yet, and the worker counts as sleeping from now on.
bool RequestQueue::claim() { return count_.fetch_sub(1, std::memory_order_acq_rel) > 0; }

void RequestQueue::sleep() {
  while (::sem_wait(&sleepers_) != 0 && errno == EINTR) {
  }
}

// The request that was claimed or for which the worker was woken.
RequestQueue::Popped RequestQueue::take() {
  for (;;) {
    Popped popped;
    if (dequeue(popped.exchange)) return popped;
    if (closed_.load(std::memory_order_acquire)) {
      popped.closed = !dequeue(popped.exchange);
      return popped;
    }
    // A push has counted its request and is about to store it.
    std::this_thread::yield();
  }
}

// False: no request waits that nobody has claimed.
bool RequestQueue::try_claim() {
  std::int64_t count = count_.load(std::memory_order_relaxed);
  do {
    if (count <= 0) return false;
  } while (!count_.compare_exchange_weak(count, count - 1, std::memory_order_acq_rel,
                                         std::memory_order_relaxed));
  return true;
}

Exchange* RequestQueue::try_pop() { return try_claim() ? take().exchange : nullptr; }

Exchange* RequestQueue::lend() {
  Exchange* exchange = nullptr;
  (void)dequeue(exchange);
  return exchange;
}

// A nudge is an entry without a request. A worker that comes just now may take it instead of the
// sleeper, and then looks at what it was told in its place.
void RequestQueue::nudge_sleepers() {
  std::int64_t count = count_.load(std::memory_order_relaxed);
  // No more than sleep now: some may sleep again at once.
  for (std::int64_t left = -count; left > 0 && count < 0; --left) {
    if (!count_.compare_exchange_weak(count, count + 1, std::memory_order_acq_rel,
                                      std::memory_order_relaxed))
      continue;
    dropped_.fetch_add(1, std::memory_order_relaxed);
    enqueue(nullptr);
    ::sem_post(&sleepers_);
    count = count_.load(std::memory_order_relaxed);
  }
}

void RequestQueue::close() {
  if (closed_.exchange(true, std::memory_order_acq_rel)) return;
  const std::int64_t before = count_.fetch_add(kClosed, std::memory_order_acq_rel);
  wake();
  for (std::int64_t i = before; i < 0; ++i) ::sem_post(&sleepers_);
}

std::size_t RequestQueue::depth() const {
  if (closed_.load(std::memory_order_relaxed)) return 0;
  return static_cast<std::size_t>(
      std::max<std::int64_t>(count_.load(std::memory_order_relaxed), 0));
}

void RequestQueue::enqueue(Exchange* exchange) {
  std::size_t position = tail_.fetch_add(1, std::memory_order_relaxed);
  Slot& slot = slots_[position & mask_];
  // The slot's earlier request was taken long ago, unless its worker is between two instructions of
  // dequeue().
  while (slot.sequence.load(std::memory_order_acquire) != position) std::this_thread::yield();
  slot.exchange = exchange;
  slot.sequence.store(position + 1, std::memory_order_release);
}

bool RequestQueue::dequeue(Exchange*& exchange) {
  if (kept_count_.load(std::memory_order_acquire) != 0 && dequeue_kept(exchange)) return true;
  return dequeue_from_ring(exchange);
}

bool RequestQueue::dequeue_kept(Exchange*& exchange) {
  const auto kept = kept_.lock();
  if (kept->empty()) return false;
  exchange = kept->front();
  kept->pop_front();
  kept_count_.store(kept->size(), std::memory_order_release);
  return true;
}

// A worker that has claimed a request may look for it meanwhile: it waits in take().
bool RequestQueue::drop_cancelled() {
  if (cancelled_.exchange(0, std::memory_order_relaxed) == 0) return false;
  const auto kept = kept_.lock();
  std::deque<Exchange*> left;
  bool any = false;
  const auto look_at = [&](Exchange* exchange) {
    // If workers have claimed all that wait, one of them drops it.
    if (exchange == nullptr || !exchange->cancelled() || !try_claim())
      return left.push_back(exchange);
    any = true;
    note_dropped();
    exchange->publish(Exchange::kHeadReady | Exchange::kFinished | Exchange::kReleased);
  };
  for (Exchange* const exchange : *kept) look_at(exchange);
  Exchange* exchange = nullptr;
  for (std::size_t i = 0; i <= mask_ && dequeue_from_ring(exchange); ++i) look_at(exchange);
  *kept = std::move(left);
  kept_count_.store(kept->size(), std::memory_order_release);
  return any;
}

bool RequestQueue::dequeue_from_ring(Exchange*& exchange) {
  std::size_t position = head_.load(std::memory_order_relaxed);
  for (;;) {
    Slot& slot = slots_[position & mask_];
    const std::size_t sequence = slot.sequence.load(std::memory_order_acquire);
    const auto distance =
        static_cast<std::ptrdiff_t>(sequence) - static_cast<std::ptrdiff_t>(position + 1);
    if (distance < 0) return false;
    if (distance > 0) {
      position = head_.load(std::memory_order_relaxed);
      continue;
    }
    if (head_.compare_exchange_weak(position, position + 1, std::memory_order_relaxed)) {
      exchange = slot.exchange;
      slot.sequence.store(position + mask_ + 1, std::memory_order_release);
      return true;
    }
  }
}

}  // namespace tusk::exec
