// Checks of the options of logs and traces.
//
// Thread: any; pure functions, except for the file system.
#pragma once

#include "config/load.h"

namespace tusk::config::checks {

void check_logs(Loaded& loaded);

}  // namespace tusk::config::checks
