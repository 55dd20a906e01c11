// Checks of pools, beyond the mistakes that file/toml_pools.h finds in each by itself.
//
// Thread: main. Reads the file system.
#pragma once

#include "config/load.h"

namespace tusk::config::checks {

void check_pools(Loaded& loaded);

}  // namespace tusk::config::checks
