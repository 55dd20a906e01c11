// Warnings about a usable configuration that is probably not what was meant: values that work
// against each other, or against what is on the disk.
//
// Thread: main. Checks the paths that are named.
#pragma once

#include "config/load.h"

namespace tusk::config::checks {

// Call after validate(). Adds to loaded.warnings; says nothing where there are errors already.
void advise(Loaded& loaded);

}  // namespace tusk::config::checks
