// `tusk check`: does what a start does (looks at the resource limits, reads the certificates,
// starts PHP), but opens no socket and runs nothing of the application.
//
// Thread: main, which starts no other.
#pragma once

#include "app/plan/plan.h"
#include "config/load.h"

namespace tusk::app {

// Prints the verdict to stdout, or what is wrong to stderr; warnings go to stderr in any case. The
// exit status: `strict` makes it 2 where there are warnings.
int check(const config::Loaded& loaded, const plan::Plan& plan, bool strict);

}  // namespace tusk::app
