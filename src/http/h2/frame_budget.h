// FrameBudget: how much a peer may ask for without doing anything useful.
//
// Owned by a Session. Thread: its loop. Reads no clock: whoever counts says what time it is.
// A budget of N is full at first, refills evenly within 10 s, and never holds more than N. A frame
// that has a purpose earns some back: window updates are due for data, many small requests bring
// many small frames, and neither must ever end a connection.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace tusk::http::h2 {

class FrameBudget {
 public:
  explicit FrameBudget(std::uint32_t size) : size_(size), left_(size) {}

  // Counts one. False: more than there was.
  bool spend(base::MonotonicTime now) {
    refill(now);
    if (left_ == 0) return false;
    --left_;
    return true;
  }

  void earn(std::uint32_t count) { left_ = left_ + count < size_ ? left_ + count : size_; }

  std::uint64_t left() const { return left_; }

 private:
  static constexpr base::Duration kRefillTime = std::chrono::seconds(10);

  void refill(base::MonotonicTime now) {
    if (now <= refilled_) return;
    if (now - refilled_ >= kRefillTime) {
      left_ = size_;
      refilled_ = now;
      return;
    }
    const auto elapsed_ns = static_cast<std::uint64_t>((now - refilled_).count());
    const auto whole_ns = static_cast<std::uint64_t>(kRefillTime.count());
    const std::uint64_t gained = size_ * elapsed_ns / whole_ns;
    if (gained == 0) return;  // the time stays on the account
    earn(static_cast<std::uint32_t>(gained));
    refilled_ = now;
  }

  std::uint64_t size_;
  std::uint64_t left_;
  base::MonotonicTime refilled_{};
};

}  // namespace tusk::http::h2
