// BodyProgress: by when more of a request's body has to come: it must make progress, and be faster
// on average than a least rate.
//
// Streams of one HTTP/2 connection share the rate, since they share the line: a client that uploads
// a hundred files at once sends each a hundredth as fast.
//
// Owner: whoever reads the body. Thread: its loop.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace tusk::server {

class BodyProgress {
 public:
  // `min_rate`: bytes in a second; 0 is any.
  BodyProgress(base::Duration timeout, std::uint64_t min_rate)
      : timeout_(timeout), min_rate_(min_rate) {}

  // The head has come.
  void begin(base::MonotonicTime now) {
    begun_ = progress_ = now;
    received_ = 0;
  }

  // So many bytes of it have come; or none, but it is the client's turn only now.
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
  // The rate is looked at once there was so much time: connections begin slowly.
  static constexpr base::Duration kGrace = std::chrono::seconds(5);

  base::Duration timeout_;
  std::uint64_t min_rate_;
  base::MonotonicTime begun_{};
  base::MonotonicTime progress_{};
  std::uint64_t received_ = 0;  // framing may be included
};

}  // namespace tusk::server
