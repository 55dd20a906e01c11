#include "exec/process/figures/process_times.h"

#include <algorithm>
#include <utility>

namespace tusk::exec::process {

base::Duration ProcessTimes::look(std::span<const pid_t> processes) {
  std::map<pid_t, base::Duration> now;
  for (const pid_t process : processes) {
    const auto before = seen_.find(process);
    const base::Duration known = before != seen_.end() ? before->second : base::Duration{};
    const base::Duration time = time_of_(process);
    // Less: it has just ended, and its number may be another's.
    if (time > known) sum_ += time - known;
    now.emplace(process, std::max(time, known));
  }
  seen_ = std::move(now);
  return sum_;
}

}  // namespace tusk::exec::process
