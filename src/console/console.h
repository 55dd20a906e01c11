// The operator's commands in the program `tusk`: they find the control socket of a running tusk,
// send it a request and print the answer.
//
// Thread: main.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "console/commands.h"

namespace tusk::console {

// Whether the arguments (without the program's name) are one of kCommands.
bool is_command(std::span<const std::string> arguments);

// The whole text of `tusk COMMAND --help`. Not of init and doctor, which have their own.
std::string help_text(const Command& command);

// Runs it and returns the exit status: 0 done, 1 failed, 2 wrong use.
int run(std::span<const std::string> arguments);

}  // namespace tusk::console
