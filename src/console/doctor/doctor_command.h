// The command `tusk doctor`.
//
// Thread: main.
#pragma once

#include <span>
#include <string>

namespace tusk::console::doctor {

bool is_command(std::span<const std::string> words);

// `words` are the command line without the program's name. An empty `server_program` was not
// found. Returns the exit status.
int run(std::span<const std::string> words, const std::string& server_program);

}  // namespace tusk::console::doctor
