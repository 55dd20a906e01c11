#include "exec/stall_watch.h"

namespace tusk::exec {

StallWatch::Change StallWatch::check(base::MonotonicTime now, std::size_t waiting,
                                     std::size_t taken) {
  const bool was_stalled = since_.load(std::memory_order_relaxed) != base::MonotonicTime{};
  if (waiting == 0 || taken != taken_ || last_progress_ == base::MonotonicTime{}) {
    taken_ = taken;
    last_progress_ = now;
    since_.store({}, std::memory_order_relaxed);
    return was_stalled ? Change::kRecovered : Change::kNone;
  }
  const base::Duration bound = bound_.load(std::memory_order_relaxed);
  if (was_stalled || bound == base::Duration::zero() || now - last_progress_ < bound) {
    return Change::kNone;
  }
  since_.store(last_progress_, std::memory_order_relaxed);
  return Change::kStalled;
}

base::Duration StallWatch::stalled_for(base::MonotonicTime now) const {
  const base::MonotonicTime since = since_.load(std::memory_order_relaxed);
  return since == base::MonotonicTime{} ? base::Duration::zero() : now - since;
}

}  // namespace tusk::exec
