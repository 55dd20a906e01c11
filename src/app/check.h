// `tusk check`: does what a start does (checks the resource limits, reads the certificates, starts
// PHP), but opens no socket, and of the application it runs the preload script alone, in a process
// of its own.
//
// Thread: main, which starts no other.
#pragma once

#include "app/plan/plan.h"
#include "config/load.h"

namespace tusk::app {

// Prints the verdict to stdout, or the mistake to stderr; warnings go to stderr in any case.
// Returns the exit status. With `strict` it is 2 if there are warnings.
int check(const config::Loaded& loaded, const plan::Plan& plan, bool strict);

}  // namespace tusk::app
