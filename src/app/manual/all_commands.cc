#include "app/manual/all_commands.h"

#include "app/manual/help_topics.h"
#include "app/manual/server_commands.h"
#include "console/commands.h"
#include "console/console.h"
#include "console/doctor/doctor_options.h"
#include "console/init/init_options.h"
#include "console/profile/profile_options.h"

namespace tusk::app::manual {

namespace {

Command command_of(const ServerCommand& command) {
  return {.word = command.word,
          .usage = command.usage,
          .doc = command.doc,
          .details = std::string(command.details),
          .options = std::string(command.options),
          .help = command_help(command),
          .words = std::string(command.words)};
}

Command command_of(const console::Command& command) {
  Command result{.word = command.word,
                 .usage = command.usage,
                 .doc = command.doc,
                 .details = std::string(command.details)};
  if (command.word == "init") {
    result.options = console::init::options_help();
    result.help = console::init::help_text();
  } else if (command.word == "doctor") {
    result.options = console::doctor::options_help();
    result.help = console::doctor::help_text();
    result.words = "resident rewind";
  } else {
    if (command.has_profile_options) result.options = console::profile::options_help();
    result.help = console::help_text(command);
  }
  return result;
}

}  // namespace

std::vector<Command> all_commands() {
  std::vector<Command> commands;
  for (const ServerCommand& command : kServerCommands) commands.push_back(command_of(command));
  for (const console::Command& command : console::kCommands)
    commands.push_back(command_of(command));
  for (Command& command : commands) {
    if (command.word == kHelpWord) command.words = topic_words(commands);
  }
  return commands;
}

}  // namespace tusk::app::manual
