// The command `tusk init`: writes a configuration file for an application.
//
// Thread: main.
#pragma once

#include <span>
#include <string>

namespace tusk::console::init {

bool is_command(std::span<const std::string> words);

// `words` are the command line without the program's name; `own_program` is the path of tusk, which
// checks the file. Returns the exit status.
int run(std::span<const std::string> words, const std::string& own_program);

}  // namespace tusk::console::init
