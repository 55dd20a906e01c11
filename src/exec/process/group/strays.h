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
  bool has_others = false;  // a member is no stray
  bool is_complete = true;  // there was time to look at all members
};

// Finds those of `members` that descend neither from this server nor from another one, as there is
// during a reload. A program that a script has started becomes a stray when its worker has ended.
// This process and `leader` (base/process/control_group.h) are never strays, nor is what descends
// from them. Looks at one member at least, and at others until the time `until`.
Strays find_strays(const std::vector<pid_t>& members, pid_t leader, base::MonotonicTime until);

}  // namespace tusk::exec::process
