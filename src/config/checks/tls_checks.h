// Checks of the options of TLS, and of clients without it.
//
// Thread: any; pure functions.
#pragma once

#include "config/load.h"

namespace tusk::config::checks {

void check_tls(Loaded& loaded);

}  // namespace tusk::config::checks
