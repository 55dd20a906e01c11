#include "app/manual/help_topics.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "config/environment.h"
#include "config/names/foreign_names.h"
#include "config/names/suggestion.h"
#include "config/option_table.h"
#include "config/output/help.h"
#include "config/output/option_group.h"
#include "config/value.h"

namespace tusk::app::manual {

namespace {

using config::Option;
using config::output::OptionGroup;

constexpr std::string_view kAll = "all";
constexpr std::string_view kWhatItIs = "tusk is a web server with PHP built in.\n";
constexpr std::string_view kUsage =
    "Usage: tusk [serve] [options]\n"
    "       tusk COMMAND [options]\n";

std::string command_list(std::span<const Command> commands) {
  constexpr std::size_t kColumn = 15;
  std::string text = "Commands:\n";
  for (const Command& command : commands)
    text += config::output::two_columns("  " + std::string(command.word), command.doc, kColumn);
  return text;
}

// "tusk help GROUP" and the words of all groups.
std::string group_list() {
  std::string words;
  for (const OptionGroup& group : config::output::option_groups())
    words.append(words.empty() ? "" : ", ").append(group.word);
  return words;
}

const Command* find_command(std::span<const Command> commands, std::string_view word) {
  const auto found = std::ranges::find(commands, word, &Command::word);
  return found == commands.end() ? nullptr : &*found;
}

// --drain-timeout, --drain-timeout=5s, --no-access-log, -d.
const Option* option_of_flag(std::string_view written) {
  const std::string_view name = written.substr(0, written.find('='));
  if (!name.starts_with("--"))
    return name.size() > 1 ? config::find_by_short_flag(name[1]) : nullptr;
  const std::string_view flag = name.substr(2);
  if (const Option* const option = config::find_by_flag(flag)) return option;
  if (const Option* const option = config::find_by_key(flag)) return option;
  return flag.starts_with("no-") ? config::find_by_flag(flag.substr(3)) : nullptr;
}

// By its flag without dashes, its key in the file, or its variable.
const Option* option_of_word(std::string_view word) {
  if (const Option* const option = config::find_by_key(word)) return option;
  if (const Option* const option = config::find_by_flag(word)) return option;
  return config::find_by_variable(word);
}

std::optional<std::string> foreign_help(std::string_view word) {
  const auto names = config::names::foreign_names();
  const auto found = std::ranges::find(names, word, &config::names::ForeignName::name);
  const std::string note = config::names::note_on(word);
  if (!note.empty()) return "'" + std::string(word) + "' is not an option of tusk" + note + ".\n";
  if (found == names.end()) return std::nullopt;
  const Option& option = config::option_named(found->option);
  return std::string(word) + " has this name here:\n\n" + config::output::option_help(option);
}

// Whether the word is one of those that a name is made of: "timeout" of "drain-timeout".
bool has_part(std::string_view name, std::string_view word) {
  const std::string text = "-" + std::string(name) + "-";
  return text.contains("-" + std::string(word) + "-");
}

std::string options_with(std::string_view word) {
  constexpr std::size_t kColumn = 34;
  std::string wanted = config::lower(word);
  std::ranges::replace(wanted, '_', '-');
  std::string text;
  for (const Option& option : config::option_table()) {
    std::string key(option.name);
    std::ranges::replace(key, '_', '-');
    if (!has_part(option.flag, wanted) && !has_part(key, wanted)) continue;
    text += config::output::two_columns("  --" + std::string(option.flag),
                                        config::output::first_sentence(option.doc), kColumn);
  }
  return text;
}

// What else has the name of a group or a command.
std::string also(std::span<const Command> commands, std::string_view word, bool is_group) {
  std::string text;
  const Option* const option = option_of_word(word);
  if (option != nullptr) text += "tusk help --" + std::string(option->flag) + " shows the option";
  if (is_group && find_command(commands, word) != nullptr)
    text += (text.empty() ? "" : ", ") + ("tusk " + std::string(word)) + " --help the command";
  return text.empty() ? text : text + ".\n";
}

std::string unknown(std::string_view word, std::span<const Command> commands) {
  std::vector<config::names::Name> names;
  const auto add = [&](std::string_view known, std::string_view topic) {
    names.push_back({.known = std::string(known), .answer = "tusk help " + std::string(topic)});
  };
  for (const OptionGroup& group : config::output::option_groups()) {
    add(group.word, group.word);
    for (const std::string_view alias : group.aliases) add(alias, group.word);
  }
  for (const Command& command : commands) add(command.word, command.word);
  for (const Option& option : config::option_table()) {
    const std::string flag = "--" + std::string(option.flag);
    for (const std::string_view known : {option.flag, option.name, option.environment})
      add(known, flag);
  }
  const std::string hint = config::names::did_you_mean(word, names);
  return "there is no help on '" + std::string(word) + "'" +
         (hint.empty() ? "; the groups are " + group_list() : hint);
}

base::Result<std::string> help_on_word(std::string_view word, std::span<const Command> commands) {
  using config::output::find_group;
  if (word == kAll) return whole_help(commands);
  if (const OptionGroup* const group = find_group(word)) {
    return config::output::group_help(*group) +
           "\ntusk help --OPTION shows all about an option.\n" + also(commands, word, true);
  }
  if (const Command* const command = find_command(commands, word)) {
    const std::string more = also(commands, word, false);
    return command->help + (more.empty() ? "" : "\n") + more;
  }
  if (const Option* const option = option_of_word(word))
    return config::output::option_help(*option);
  if (const OptionGroup* const group = config::output::find_group_by_alias(word))
    return help_on_word(group->word, commands);
  if (auto text = foreign_help(word)) return std::move(*text);
  std::string found = options_with(word);
  if (!found.empty()) return found + "\ntusk help --OPTION shows all about one of them.\n";
  return base::fail(unknown(word, commands));
}

base::Result<std::string> help_on_topic(std::string_view topic, std::span<const Command> commands) {
  if (!topic.starts_with('-')) return help_on_word(topic, commands);
  if (const Option* const option = option_of_flag(topic))
    return config::output::option_help(*option);
  const auto names = config::names::names_answered_by_flag();
  return base::fail("unknown option " + std::string(topic) +
                    config::names::option_hint(topic, names));
}

}  // namespace

std::string short_help(std::span<const Command> commands) {
  constexpr std::size_t kColumn = 21;
  const auto line = [](const std::string& left, std::string_view right) {
    return config::output::two_columns(left, right, kColumn);
  };
  return std::string(kWhatItIs) + "\n" + std::string(kUsage) + "\n" + command_list(commands) +
         "\nThe options that most users need:\n" + config::output::short_help_options() + "\n" +
         line("tusk COMMAND --help", "how to use a command") +
         line("tusk help GROUP", "more options: " + group_list()) +
         line("tusk help OPTION", "all about an option, such as --listen") +
         line("tusk help all", "everything");
}

std::string whole_help(std::span<const Command> commands) {
  std::string text =
      std::string(kWhatItIs) + "\n" + std::string(kUsage) + "\n" + command_list(commands) + "\n";
  text += config::output::wrap(
      "Each option is a flag, the variable in brackets, and a key of the configuration file: "
      "tusk help --OPTION shows it. Flags override variables, which override the file. SIZE is "
      "like 64K or 10MiB, TIME like 30 (seconds), 500ms, 5m, 1h30m or 7d.",
      0);
  text += config::output::help_options();
  return text + "\nExit status: 0 done, 1 failed, 2 wrong use.\n";
}

std::string command_help(const ServerCommand& command) {
  std::string text = "Usage: " + std::string(command.usage) + "\n\n";
  const std::string_view details = command.details.empty() ? command.doc : command.details;
  text += config::output::wrap(details, 0);
  if (!command.options.empty()) text += "\nOptions:\n" + std::string(command.options);
  if (command.word == "serve") {
    text += "\nThe options that most users need:\n" + config::output::short_help_options();
    return text + "\ntusk help lists the groups of all options.\n";
  }
  if (command.usage.contains("[options]"))
    text += "\nIt takes the options of tusk serve, too, such as --config FILE or --root DIR.\n";
  if (command.word == kHelpWord) text += "\n" + config::output::wrap("Groups: " + group_list(), 0);
  return text;
}

base::Result<std::string> help_on(std::span<const std::string> topics,
                                  std::span<const Command> commands) {
  if (topics.empty()) return short_help(commands);
  std::string text;
  for (const std::string& topic : topics) {
    auto about = help_on_topic(topic, commands);
    if (!about) return about;
    text += (text.empty() ? "" : "\n") + *about;
  }
  return text;
}

std::string topic_words(std::span<const Command> commands) {
  std::string words(kAll);
  for (const OptionGroup& group : config::output::option_groups())
    words.append(" ").append(group.word);
  for (const Command& command : commands) {
    if (config::output::find_group(command.word) == nullptr) words.append(" ").append(command.word);
  }
  return words;
}

}  // namespace tusk::app::manual
