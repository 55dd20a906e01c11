#include "exec/exchange.h"

#include "exec/response_channel.h"

namespace tusk::exec {

namespace {

// A recycled exchange keeps its buffers up to this size; a rare huge page must not stay for ever.
constexpr std::size_t kKeptBufferBytes = 256 * 1024;

}  // namespace

void Exchange::prepare() {
  head.clear();
  if (tail.capacity() > kKeptBufferBytes) std::string().swap(tail);
  tail.clear();
  if (streamed) {  // spares most requests the lock
    auto shared = stream.lock();
    shared->pieces.clear();
    shared->spool.reset();
    streamed = false;
  }
  started = {};
  worker = -1;
  fatal_error = false;
  unsent_bytes_.store(0, std::memory_order_relaxed);
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

void Exchange::consumed(std::uint64_t bytes) {
  unsent_bytes_.fetch_sub(bytes, std::memory_order_acq_rel);
  progress_.fetch_add(1, std::memory_order_release);
  progress_.notify_all();
}

void Exchange::publish(std::uint32_t bits) {
  const std::uint32_t before = state_.fetch_or(bits | kPosted, std::memory_order_acq_rel);
  if ((before & kPosted) == 0) channel->post(*this);
}

void Exchange::wait_until_unsent_below(std::uint64_t limit) {
  for (;;) {
    const std::uint32_t seen = progress_.load(std::memory_order_acquire);
    if (unsent_bytes() < limit || cancelled()) return;
    progress_.wait(seen, std::memory_order_acquire);
  }
}

}  // namespace tusk::exec
