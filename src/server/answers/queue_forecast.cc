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
  const auto wait_at = [depth](base::Duration pace) {
    return pace * static_cast<base::Duration::rep>(depth + 1);
  };
  if (!is_enough(begin_)) return wait_at(known_pace(now.at));
  const base::Duration time = now.at - begin_.at;
  // Nobody has looked for long: the queue may have been empty meanwhile.
  if (time > 2 * limit) {
    begin_ = next_ = now;
    return wait_at(known_pace(now.at));
  }
  pace_ = time / static_cast<base::Duration::rep>(now.taken - begin_.taken);
  pace_known_at_ = now.at;
  return wait_at(pace_);
}

}  // namespace tusk::server::answers
