// Checks of what confines worker processes: cgroup, seccomp, chroot.
//
// Thread: main; it looks at the file system.
#pragma once

#include "config/load.h"

namespace tusk::config::checks {

// After load() has given the pools the values that they do not set.
void check_confinement(Loaded& loaded);

}  // namespace tusk::config::checks
