// BodyProgress: the deadline for more bytes of a request's body.
//
// Owner: the connection or stream that reads the body. Thread: its loop.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace tusk::server {

// A client must send something in each timeout, and on average at least the minimum rate.
//
// The streams of an HTTP/2 connection share the minimum rate, since they share the line: a client
// that uploads a hundred files at once sends each a hundredth as fast.
class BodyProgress {
 public:
  // `min_rate`: bytes in a second; 0: any.
  BodyProgress(base::Duration timeout, std::uint64_t min_rate)
      : timeout_(timeout), min_rate_(min_rate) {}

  // The head has been received.
  void begin(base::MonotonicTime now) {
    begun_ = progress_ = now;
    received_ = 0;
  }

  // `bytes` of the body have been received. 0: the client was asked only now to continue.
  void add(std::uint64_t bytes, base::MonotonicTime now) {
    received_ += bytes;
    progress_ = now;
  }

  base::MonotonicTime deadline(std::uint64_t streams = 1) const {
    const base::MonotonicTime silent = progress_ + timeout_;
    if (min_rate_ == 0) return silent;
    const auto earned = std::chrono::milliseconds(received_ * streams * 1000 / min_rate_);
    return std::min(silent, begun_ + kGrace + earned);
  }

 private:
  // The minimum rate counts only after this time, since connections begin slowly.
  static constexpr base::Duration kGrace = std::chrono::seconds(5);

  base::Duration timeout_;
  std::uint64_t min_rate_;
  base::MonotonicTime begun_{};
  base::MonotonicTime progress_{};
  std::uint64_t received_ = 0;  // may include framing
};

}  // namespace tusk::server
