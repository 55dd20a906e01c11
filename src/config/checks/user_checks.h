// Checks of the options user and group.
//
// Thread: main; it asks the user database.
#pragma once

#include "config/load.h"

namespace tusk::config::checks {

void check_user(Loaded& loaded);

}  // namespace tusk::config::checks
