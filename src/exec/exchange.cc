#include "exec/exchange.h"

#include <chrono>
#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tusk::exec {

namespace {

// A recycled exchange keeps a buffer of up to this size. Larger ones are freed, so that a burst of
// large pages does not hold memory for ever.
constexpr std::size_t kKeptBufferBytes = 64 * 1024;

}  // namespace

void Exchange::prepare() {
  head.clear();
  if (tail.capacity() > kKeptBufferBytes) std::string().swap(tail);
  tail.clear();
  if (streamed) {  // saves most requests the lock
    auto shared = stream.lock();
    shared->pieces.clear();
    shared->interim.clear();
    streamed = false;
  }
  started = {};
  worker = -1;
  fatal_error = false;
  memory_peak_bytes = 0;
  abandoned_library = false;
  error_status = 0;
  refused_for = {};
  pool_is_down = false;
  truncated = false;
  failure_noted = false;
  spilled = false;
  times_returned = 0;
  cost = {};
  compression = {};
  tail_share.clear();
  stored_tail_.store(0, std::memory_order_relaxed);
  handed_bytes_.store(0, std::memory_order_relaxed);
  waited_ns_.store(0, std::memory_order_relaxed);
  unsent_bytes_.store(0, std::memory_order_relaxed);
  unsent_limit_.store(kUnlimited, std::memory_order_relaxed);
  state_.store(0, std::memory_order_relaxed);
}

void Exchange::cancel() {
  state_.fetch_or(kCancelled, std::memory_order_acq_rel);
  wake_worker();
}

void Exchange::close_for(WaitReason reason) {
  closed_for_.store(reason, std::memory_order_relaxed);
  // Both bits at once: a loop that sees the worker's end must also see the reason.
  publish(kCancelled | kClosed);
  wake_worker();
}

void Exchange::drop_pieces() {
  if (unsent_bytes() == 0) return;  // saves most requests the lock
  std::vector<Piece> pieces;
  pieces.swap(stream.lock()->pieces);
}

bool Exchange::cancel_if_waiting() {
  std::uint32_t state = state_.load(std::memory_order_acquire);
  do {
    if ((state & kStarted) != 0) return false;
  } while (!state_.compare_exchange_weak(state, state | kCancelled, std::memory_order_acq_rel));
  return true;
}

bool Exchange::start(int number, base::MonotonicTime now) {
  // Set before the bit, because the loop may read them as soon as it sees the bit.
  if (!has_started()) {
    started = now;
    worker = number;
  }
  std::uint32_t state = state_.load(std::memory_order_acquire);
  do {
    if ((state & kCancelled) != 0) return false;
  } while (!state_.compare_exchange_weak(state, state | kStarted, std::memory_order_acq_rel));
  return true;
}

void Exchange::consumed(std::uint64_t bytes) {
  unsent_bytes_.fetch_sub(bytes, std::memory_order_acq_rel);
  wake_worker();
}

void Exchange::limit_unsent(std::uint64_t bytes) {
  unsent_limit_.store(bytes, std::memory_order_release);
  wake_worker();
}

// Each side writes one of progress_ and waits_for_client_ and then reads the other. That needs
// sequential consistency, or a worker could sleep through a change that has just happened.
void Exchange::wake_worker() {
  progress_.fetch_add(1, std::memory_order_seq_cst);
  if (!waits_for_client_.load(std::memory_order_seq_cst)) return;
  ::syscall(SYS_futex, &progress_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

void Exchange::publish(std::uint32_t bits) {
  const std::uint32_t before = state_.fetch_or(bits | kPosted, std::memory_order_acq_rel);
  if ((before & kPosted) == 0 && channel != nullptr) channel->post(*this);
}

void Exchange::begin_wait() {
  wait_began_ = base::now();
  waits_for_client_.store(true, std::memory_order_seq_cst);
}

void Exchange::end_wait() {
  waited_ns_.fetch_add((base::now() - wait_began_).count(), std::memory_order_relaxed);
  waits_for_client_.store(false, std::memory_order_seq_cst);
}

void Exchange::wait_for_progress(std::uint32_t seen, base::Duration most) {
  if (channel == nullptr) return sleep(seen, most);
  channel->await_progress(*this, seen, most);
}

// std::atomic's own wait has no time-out.
void Exchange::sleep(std::uint32_t seen, base::Duration most) {
  static_assert(sizeof progress_ == sizeof(std::uint32_t));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(most);
  const timespec timeout{seconds.count(), (most - seconds).count()};
  ::syscall(SYS_futex, &progress_, FUTEX_WAIT_PRIVATE, seen, &timeout, nullptr, 0);
}

}  // namespace tusk::exec
