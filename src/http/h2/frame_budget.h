// FrameBudget: limits how many useless frames a peer may send.
//
// Owner: a Session. Thread: its loop. Reads no clock: the caller passes the time.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace tusk::http::h2 {

// A budget of N starts full, refills evenly within 10 s, and never holds more than N. A useful
// frame earns some of it back: data requires window updates, and many small requests bring many
// small frames; neither must ever end a connection.
class FrameBudget {
 public:
  explicit FrameBudget(std::uint32_t size) : size_(size), left_(size) {}

  // Takes one from the budget. Returns false when it is empty.
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
    if (gained == 0) return;  // wait until the elapsed time is worth a frame
    earn(static_cast<std::uint32_t>(gained));
    refilled_ = now;
  }

  std::uint64_t size_;
  std::uint64_t left_;
  base::MonotonicTime refilled_{};
};

}  // namespace tusk::http::h2
