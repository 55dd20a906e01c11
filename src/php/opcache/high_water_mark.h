// HighWaterMark: a high-water mark that belongs to data which one thread at a time adds and others
// read without a lock. The mark is known only after the addition can be seen.
//
// Owner: must outlive all users. Thread: any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/mutex.h"

namespace tusk::php::opcache {

// The adding thread calls begin_addition() before and end_addition() after the addition. A reader
// that has found something new calls settled(), and gets a mark that covers everything it can have
// seen. settled() waits if an addition is under way, and costs three loads otherwise.
class HighWaterMark {
 public:
  constexpr HighWaterMark() = default;
  HighWaterMark(const HighWaterMark&) = delete;
  HighWaterMark& operator=(const HighWaterMark&) = delete;

  // Not a guard object, because the addition may leave its frames by longjmp.
  void begin_addition() noexcept TUSK_ACQUIRE(adding_) {
    adding_.lock();
    begun_.store(begun_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    // A reader that sees the addition also sees begun_, because of its fence in settled().
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }

  void end_addition(std::size_t mark) noexcept TUSK_RELEASE(adding_) {
    raise(mark);
    finished_.store(begun_.load(std::memory_order_relaxed), std::memory_order_release);
    finished_.notify_all();
    adding_.unlock();
  }

  std::size_t settled() const noexcept {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    const std::uint32_t begun = begun_.load(std::memory_order_relaxed);
    for (;;) {
      const std::uint32_t finished = finished_.load(std::memory_order_acquire);
      if (static_cast<std::int32_t>(finished - begun) >= 0) break;
      finished_.wait(finished, std::memory_order_relaxed);
    }
    return value();
  }

  // The highest mark so far.
  std::size_t value() const noexcept { return value_.load(std::memory_order_relaxed); }
  void raise(std::size_t mark) noexcept {
    std::size_t known = value_.load(std::memory_order_relaxed);
    while (mark > known && !value_.compare_exchange_weak(known, mark, std::memory_order_relaxed)) {
    }
  }

  // All data is gone. Call it while no other thread is inside.
  void reset() noexcept { value_.store(0, std::memory_order_relaxed); }

 private:
  base::Mutex adding_;
  // Read whenever something is found, written when something is added.
  alignas(64) std::atomic<std::uint32_t> begun_{0};
  std::atomic<std::uint32_t> finished_{0};
  std::atomic<std::size_t> value_{0};
};

}  // namespace tusk::php::opcache
