// find_strays(): processes of a pool's control group that no worker waits for any more.
//
// Thread: any; it reads /proc.
#pragma once

#include <vector>

#include <sys/types.h>

namespace tusk::exec::process {

// Those of `members` that do not descend from a PHP host of this server, or of another one, as
// there is while a reload is under way. A program that a script has started becomes one when its
// worker has ended.
std::vector<pid_t> find_strays(const std::vector<pid_t>& members);

}  // namespace tusk::exec::process
