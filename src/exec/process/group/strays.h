// Strays: processes of a pool's control group that no worker waits for any more.
//
// Thread: any; the functions read /proc.
#pragma once

#include <vector>

#include <sys/types.h>

#include "base/clock.h"

namespace tusk::exec::process {

struct Strays {
  std::vector<pid_t> processes;
  bool has_others = false;  // the group has a process that is none
  bool is_complete = true;  // there was time to look at all
};

// Those of `members` that do not descend from a PHP host of this server, or of another one, as
// there is while a reload is under way. A program that a script has started becomes one when its
// worker has ended. This process and `leader` (base/process/control_group.h) are never strays, nor
// is what descends from them. Looks until `until`, at one process at least.
Strays find_strays(const std::vector<pid_t>& members, pid_t leader, base::MonotonicTime until);

}  // namespace tusk::exec::process
