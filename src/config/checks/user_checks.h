// Checks of the options user and group.
//
// Thread: main; it asks the user database.
#pragma once

#include "config/load.h"

namespace tusk::config::checks {

// Notes errors if there are no such accounts, or if a pool needs rights that the server gives up.
void check_user(Loaded& loaded);

}  // namespace tusk::config::checks
