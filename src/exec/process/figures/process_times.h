// ProcessTimes: the CPU time of a pool's processes, of those that have ended too.
//
// The kernel tells the time of a process that runs, and nobody that of one for which its parent has
// waited. So the pool looks once a second, and adds what is new.
//
// Owner: a ProcessPool. Thread: any, one at a time.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <utility>

#include <sys/types.h>

#include "base/clock.h"

namespace tusk::exec::process {

class ProcessTimes {
 public:
  // `time_of`: what the process has used since it began.
  explicit ProcessTimes(std::function<base::Duration(pid_t)> time_of)
      : time_of_(std::move(time_of)) {}

  // Looks at all processes that run. Returns the sum, which never becomes less.
  base::Duration look(std::span<const pid_t> processes);

 private:
  const std::function<base::Duration(pid_t)> time_of_;
  std::map<pid_t, base::Duration> seen_;
  base::Duration sum_{};
};

}  // namespace tusk::exec::process
