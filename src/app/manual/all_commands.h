// All commands of tusk, of the server's program and of the operator's, for the manual, for shells
// and for --help.
//
// Thread: any; pure function.
#pragma once

#include <vector>

#include "app/manual/command.h"

namespace tusk::app::manual {

std::vector<Command> all_commands();

}  // namespace tusk::app::manual
