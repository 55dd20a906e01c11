// The part of `tusk check` that needs PHP: starts it, and says what it has read.
//
// Thread: main, which starts no other.
#pragma once

#include "config/settings.h"

namespace tusk::app {

// Prints to stdout; what PHP has to complain about goes to stderr. The exit status.
int check_php(config::Settings settings);

}  // namespace tusk::app
