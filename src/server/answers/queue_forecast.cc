#include "server/answers/queue_forecast.h"

namespace tusk::server::answers {

// Zero: nothing is known.
base::Duration QueueForecast::expected_wait(Mark now, std::size_t depth, base::Duration limit) {
  if (!looks_) {
    looks_ = true;
    begin_ = next_ = now;
  }
  const auto is_enough = [&](const Mark& since) {
    return now.at - since.at >= kLeastTime && now.taken - since.taken >= kLeastTaken;
  };
  if (is_enough(next_)) {
    begin_ = next_;
    next_ = now;
  }
  if (!is_enough(begin_)) return {};
  const base::Duration time = now.at - begin_.at;
  // Nobody has looked for long: the queue may have been empty meanwhile.
  if (time > 2 * limit) {
    begin_ = next_ = now;
    return {};
  }
  const std::size_t taken = now.taken - begin_.taken;
  return time / static_cast<base::Duration::rep>(taken) *
         static_cast<base::Duration::rep>(depth + 1);
}

}  // namespace tusk::server::answers
