// Checks that need more than one value or the machine: values that contradict each other, and paths
// that do not exist.
//
// Thread: main. Reads the file system.
#pragma once

#include "config/load.h"

namespace tusk::config::checks {

// Adds all findings to loaded.errors and loaded.warnings.
void validate(Loaded& loaded, const machine::Machine& machine);

}  // namespace tusk::config::checks
