#include "app/manual/help_request.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "app/manual/all_commands.h"
#include "app/manual/completions.h"
#include "app/manual/help_topics.h"
#include "app/manual/man_pages.h"
#include "app/manual/server_commands.h"

namespace tusk::app::manual {

namespace {

using Answer = base::Result<std::string>;

std::optional<Answer> page_or_completions(const config::Flags& flags,
                                          const std::vector<Command>& commands) {
  const auto man = flags.values.find("man");
  if (man != flags.values.end()) {
    auto page = man_page(man->second, commands);
    if (page) return std::move(*page);
    return base::fail("--man takes tusk.1 or tusk.toml.5");
  }
  const auto shell_name = flags.values.find("completions");
  if (shell_name == flags.values.end()) return std::nullopt;
  const auto shell = shell_named(shell_name->second);
  if (shell) return completions(*shell, commands);
  return base::fail("--completions takes bash, zsh or fish");
}

// The help of the command that `flags` name, or the short one.
std::string help_of(const config::Flags& flags, const std::vector<Command>& commands) {
  if (!flags.positionals.empty()) {
    const auto command = std::ranges::find(commands, flags.positionals.front(), &Command::word);
    if (command != commands.end()) return command->help;
  }
  return short_help(commands);
}

}  // namespace

std::optional<Answer> answer_help(std::span<const std::string> arguments,
                                  const config::Flags& flags) {
  const bool is_help_set = std::ranges::find(flags.switches, "help") != flags.switches.end();
  const bool is_help_command = !flags.positionals.empty() && flags.positionals.front() == kHelpWord;
  if (!is_help_set && !is_help_command) return std::nullopt;
  const std::vector<Command> commands = all_commands();
  if (is_help_set) return help_of(flags, commands);
  if (auto file = page_or_completions(flags, commands)) return file;
  // After the word, a flag is a topic and takes no value.
  if (arguments.front() == kHelpWord) return help_on(arguments.subspan(1), commands);
  return help_on(std::span(flags.positionals).subspan(1), commands);
}

}  // namespace tusk::app::manual
