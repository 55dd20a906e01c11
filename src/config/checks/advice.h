// What can be used, but hardly as it was meant: warnings about values that work against each other
// or against what is on the disk.
//
// Thread: main. Looks at the paths that are named.
#pragma once

#include "config/load.h"

namespace tusk::config::checks {

// After validate(): adds to loaded.warnings. Nothing is said of what is among the errors already.
void advise(Loaded& loaded);

}  // namespace tusk::config::checks
