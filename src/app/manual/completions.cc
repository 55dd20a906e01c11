#include "app/manual/completions.h"

#include <utility>
#include <vector>

#include "config/option.h"
#include "config/option_table.h"

namespace tusk::app::manual {

namespace {

using config::Option;
using config::Type;

// The commands that take tusk's options, too, or explain them.
bool takes_options(const Command& command) {
  return command.usage.find("[options]") != std::string_view::npos ||
         command.usage.find("OPTION") != std::string_view::npos;
}

bool takes_path(const Option& option) {
  return option.type == Type::kPath || option.type == Type::kPathList;
}

std::vector<std::string_view> choices_of(const Option& option) {
  if (option.type == Type::kBool) return {"on", "off"};
  std::vector<std::string_view> texts;
  for (const config::Choice& choice : option.choices) {
    if (choice.listed) texts.push_back(choice.text);
  }
  return texts;
}

std::string joined(const auto& words, std::string_view separator) {
  std::string text;
  for (const auto& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

// The first sentence of the description, without its full stop.
std::string short_doc(const Option& option) {
  std::string_view text = option.doc.substr(0, option.doc.find(". "));
  text = text.substr(0, text.find(": "));
  while (text.ends_with('.') || text.ends_with(';')) text.remove_suffix(1);
  return std::string(text);
}

// In single quotes, as every shell here takes it; fish alone has an escape inside them.
std::string shell_quoted(std::string_view text) {
  std::string result = "'";
  for (const char each : text) {
    if (each == '\'') {
      result += "'\\''";
    } else {
      result += each;
    }
  }
  return result + "'";
}

std::string command_words(std::span<const Command> commands) {
  std::vector<std::string_view> words;
  for (const Command& command : commands) words.push_back(command.word);
  return joined(words, " ");
}

std::string option_flags() {
  std::vector<std::string> flags;
  for (const Option& option : config::option_table()) {
    flags.push_back("--" + std::string(option.flag));
    if (option.type == Type::kBool) flags.push_back("--no-" + std::string(option.flag));
  }
  return joined(flags, " ");
}

std::string bash(std::span<const Command> commands) {
  std::string values;
  std::vector<std::string> paths;
  for (const Option& option : config::option_table()) {
    const std::string flag = "--" + std::string(option.flag);
    if (takes_path(option)) paths.push_back(flag);
    // The value of an on/off option is part of the flag's own word.
    if (option.type == Type::kBool || option.choices.empty()) continue;
    values += "    " + flag + ") values='" + joined(choices_of(option), " ") + "' ;;\n";
  }
  std::string own;
  for (const Command& command : commands) {
    std::string flags = joined(flags_of(command), " ");
    if (!command.words.empty()) flags += (flags.empty() ? "" : " ") + command.words;
    own += "    " + std::string(command.word) + ") words=\"" + flags +
           (takes_options(command) ? (flags.empty() ? "$options" : " $options") : "") + "\" ;;\n";
  }
  return "# bash completion of tusk, made by `tusk help --completions bash`\n"
         "_tusk() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local command='' words='' values='' word\n"
         "  local commands='" +
         command_words(commands) +
         "'\n"
         "  local options='" +
         option_flags() +
         "'\n"
         "  case $previous in\n"
         "    " +
         joined(paths, "|") +
         ")\n"
         "      compopt -o filenames 2>/dev/null\n"
         "      mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
         "      return ;;\n" +
         values +
         "  esac\n"
         "  if [[ -n $values ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$current\")\n"
         "    return\n"
         "  fi\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    [[ \" $commands \" != *\" $word \"* ]] || { command=$word; break; }\n"
         "  done\n"
         "  case $command in\n"
         "    '') words=\"$commands $options\" ;;\n" +
         own +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words --help\" -- \"$current\")\n"
         "}\n"
         "complete -F _tusk tusk\n";
}

// [ and ] end a description of _arguments, and : separates its parts.
std::string zsh_doc(std::string_view text) {
  std::string result;
  for (const char each : text) {
    if (each == '[' || each == ']' || each == ':' || each == '\\') result += '\\';
    result += each;
  }
  return result;
}

std::string zsh_option(const Option& option) {
  const std::string flag = "--" + std::string(option.flag);
  const std::string doc = zsh_doc(short_doc(option));
  if (option.type == Type::kBool)
    return "    " + shell_quoted(flag + "=-[" + doc + "]::value:(on off)") + "\n";
  std::string action = takes_path(option) ? "_files" : " ";
  if (!option.choices.empty()) action = "(" + joined(choices_of(option), " ") + ")";
  const std::string star = config::is_list(option.type) ? "*" : "";
  return "    " +
         shell_quoted(star + flag + "=[" + doc + "]:" + zsh_doc(placeholder(option)) + ":" +
                      action) +
         "\n";
}

std::string zsh(std::span<const Command> commands) {
  std::string words;
  std::string own;
  for (const Command& command : commands) {
    words += "    " + shell_quoted(std::string(command.word) + ":" + zsh_doc(command.doc)) + "\n";
    own += "    " + std::string(command.word) + ") _arguments";
    for (const std::string& flag : flags_of(command)) own += " " + shell_quoted(flag);
    if (!command.words.empty()) own += " " + shell_quoted("*:word:(" + command.words + ")");
    own += takes_options(command) ? " $options ;;\n" : " --help ;;\n";
  }
  std::string options;
  for (const Option& option : config::option_table()) options += zsh_option(option);
  return "#compdef tusk\n"
         "# zsh completion of tusk, made by `tusk help --completions zsh`\n"
         "_tusk() {\n"
         "  local -a commands options\n"
         "  commands=(\n" +
         words +
         "  )\n"
         "  options=(\n" +
         options +
         "  )\n"
         "  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
         "    _describe command commands\n"
         "    return\n"
         "  fi\n"
         "  case $words[2] in\n" +
         own +
         "    *) _arguments $options ;;\n"
         "  esac\n"
         "}\n"
         "_tusk \"$@\"\n";
}

// Inside single quotes fish takes \' and \\.
std::string fish_quoted(std::string_view text) {
  std::string result = "'";
  for (const char each : text) {
    if (each == '\'' || each == '\\') result += '\\';
    result += each;
  }
  return result + "'";
}

std::string fish(std::span<const Command> commands) {
  const std::string all = command_words(commands);
  std::string text =
      "# fish completion of tusk, made by `tusk help --completions fish`\n"
      "complete -c tusk -f\n";
  std::vector<std::string_view> without_options;
  for (const Command& command : commands) {
    const std::string word(command.word);
    text += "complete -c tusk -n 'not __fish_seen_subcommand_from " + all + "' -a " + word +
            " -d " + fish_quoted(command.doc) + "\n";
    for (const std::string& flag : flags_of(command))
      text += "complete -c tusk -n '__fish_seen_subcommand_from " + word + "' -l " +
              flag.substr(2) + "\n";
    if (!command.words.empty())
      text += "complete -c tusk -n '__fish_seen_subcommand_from " + word + "' -a " +
              fish_quoted(command.words) + "\n";
    if (!takes_options(command)) without_options.push_back(command.word);
  }
  const std::string condition =
      " -n 'not __fish_seen_subcommand_from " + joined(without_options, " ") + "'";
  for (const Option& option : config::option_table()) {
    text += "complete -c tusk" + condition + " -l " + std::string(option.flag);
    if (option.short_flag != '\0') text += std::string(" -s ") + option.short_flag;
    if (takes_path(option)) {
      text += " -r -F";
    } else if (!option.choices.empty()) {
      text += " -x -a " + fish_quoted(joined(choices_of(option), " "));
    } else if (option.type != Type::kBool) {
      text += " -x";
    }
    text += " -d " + fish_quoted(short_doc(option)) + "\n";
  }
  return text;
}

}  // namespace

std::optional<Shell> shell_named(std::string_view name) {
  if (name == "bash") return Shell::kBash;
  if (name == "zsh") return Shell::kZsh;
  if (name == "fish") return Shell::kFish;
  return std::nullopt;
}

std::string completions(Shell shell, std::span<const Command> commands) {
  switch (shell) {
    case Shell::kBash:
      return bash(commands);
    case Shell::kZsh:
      return zsh(commands);
    case Shell::kFish:
      return fish(commands);
  }
  return {};
}

}  // namespace tusk::app::manual
