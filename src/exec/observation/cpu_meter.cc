#include "exec/observation/cpu_meter.h"

#include <algorithm>
#include <cstdint>

namespace tusk::exec::observation {

void CpuMeter::request_ended(base::Duration time) {
  // At least a nanosecond, so that the total is not 0.
  times_[ended_] = std::max(time, base::Duration(1));
  total_ += times_[ended_++];
  if (total_ >= kUnread || ended_ == times_.size()) settle();
}

void CpuMeter::settle() {
  if (ended_ == 0) return;
  const base::Duration now = clock_();
  base::Duration left = now - read_;
  // Each takes its part of what is left, so that the parts add up to all of it.
  for (std::size_t i = 0; i < ended_; ++i) {
    const double part =
        static_cast<double>(times_[i].count()) / static_cast<double>(total_.count());
    const base::Duration used(static_cast<std::int64_t>(static_cast<double>(left.count()) * part));
    count_(i + 1 == ended_ ? left : used);
    left -= used;
    total_ -= times_[i];
  }
  read_ = now;
  ended_ = 0;
  total_ = {};
}

}  // namespace tusk::exec::observation
