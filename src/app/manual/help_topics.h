// What `tusk --help`, `tusk COMMAND --help` and `tusk help TOPIC` print.
//
// Thread: any; pure functions.
#pragma once

#include <span>
#include <string>

#include "app/manual/command.h"
#include "app/manual/server_commands.h"
#include "base/result.h"

namespace tusk::app::manual {

// Fits on a screen: the commands, the options that most users need, and how to see the rest.
std::string short_help(std::span<const Command> commands);

// The commands, and every option with all that there is to say.
std::string whole_help(std::span<const Command> commands);

// `tusk COMMAND --help`.
std::string command_help(const ServerCommand& command);

// A topic is "all", a group, a command, an option by any of its names, another server's name for an
// option, or a word in the names of options. Without topics it is short_help(). The error names the
// nearest topic.
base::Result<std::string> help_on(std::span<const std::string> topics,
                                  std::span<const Command> commands);

// The words that may follow `tusk help`, without options.
std::string topic_words(std::span<const Command> commands);

}  // namespace tusk::app::manual
