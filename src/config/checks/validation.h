// What one value alone cannot tell: values that contradict each other, and paths that are not
// there.
//
// Thread: main. Looks at the file system.
#pragma once

#include "config/load.h"

namespace tusk::config::checks {

// Adds to loaded.errors and loaded.warnings everything that is found.
void validate(Loaded& loaded, const Machine& machine);

}  // namespace tusk::config::checks
