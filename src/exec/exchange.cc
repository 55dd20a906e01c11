#include "exec/exchange.h"

#include <algorithm>

#include "exec/response_channel.h"

namespace tusk::exec {

namespace {

// A recycled exchange keeps its buffer up to this size: a burst of large pages must not stay for
// ever.
constexpr std::size_t kKeptBufferBytes = 64 * 1024;

}  // namespace

void Exchange::prepare() {
  head.clear();
  if (tail.capacity() > kKeptBufferBytes) std::string().swap(tail);
  tail.clear();
  if (streamed) {  // spares most requests the lock
    auto shared = stream.lock();
    shared->pieces.clear();
    shared->interim.clear();
    streamed = false;
  }
  started = {};
  worker = -1;
  fatal_error = false;
  abandoned_library = false;
  error_status = 0;
  refused_for = {};
  truncated = false;
  spilled = false;
  tail_share.clear();
  waited_ns_.store(0, std::memory_order_relaxed);
  unsent_bytes_.store(0, std::memory_order_relaxed);
  unsent_limit_.store(kUnlimited, std::memory_order_relaxed);
  state_.store(0, std::memory_order_relaxed);
}

void Exchange::cancel() {
  state_.fetch_or(kCancelled, std::memory_order_acq_rel);
  progress_.fetch_add(1, std::memory_order_release);
  progress_.notify_all();
}

bool Exchange::cancel_if_waiting() {
  std::uint32_t state = state_.load(std::memory_order_acquire);
  do {
    if ((state & kStarted) != 0) return false;
  } while (!state_.compare_exchange_weak(state, state | kCancelled, std::memory_order_acq_rel));
  return true;
}

bool Exchange::start(int number, base::MonotonicTime now) {
  // Before the bit, because the loop may read them as soon as it is there.
  started = now;
  worker = number;
  std::uint32_t state = state_.load(std::memory_order_acquire);
  do {
    if ((state & kCancelled) != 0) return false;
  } while (!state_.compare_exchange_weak(state, state | kStarted, std::memory_order_acq_rel));
  return true;
}

void Exchange::consumed(std::uint64_t bytes) {
  unsent_bytes_.fetch_sub(bytes, std::memory_order_acq_rel);
  progress_.fetch_add(1, std::memory_order_release);
  progress_.notify_all();
}

void Exchange::limit_unsent(std::uint64_t bytes) {
  unsent_limit_.store(bytes, std::memory_order_release);
  progress_.fetch_add(1, std::memory_order_release);
  progress_.notify_all();
}

void Exchange::publish(std::uint32_t bits) {
  const std::uint32_t before = state_.fetch_or(bits | kPosted, std::memory_order_acq_rel);
  if ((before & kPosted) == 0) channel->post(*this);
}

void Exchange::wait_until_unsent_below(std::uint64_t limit) {
  const auto below = [&] { return unsent_bytes() < std::min(limit, unsent_limit()); };
  if (below() || cancelled()) return;
  const base::MonotonicTime began = base::now();
  waits_for_client_.store(true, std::memory_order_relaxed);
  for (;;) {
    const std::uint32_t seen = progress_.load(std::memory_order_acquire);
    if (below() || cancelled()) break;
    progress_.wait(seen, std::memory_order_acquire);
  }
  waited_ns_.fetch_add((base::now() - began).count(), std::memory_order_relaxed);
  waits_for_client_.store(false, std::memory_order_release);
}

}  // namespace tusk::exec
