#include "app/cli.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

#include <unistd.h>

#include "app/manual/help_request.h"
#include "app/plan/doctor_settings.h"
#include "app/plan/plan.h"
#include "app/supervision.h"
#include "config/flags.h"
#include "config/names/suggestion.h"
#include "config/output/description.h"
#include "config/output/reference.h"
#include "console/commands.h"
#include "console/doctor/doctor_options.h"

namespace tusk::app {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUse = 2;

// manual/server_commands.h describes them.
struct CommandWord {
  std::string_view word;
  Action action;  // what remains after the command line was parsed

  bool operator==(const CommandWord& other) const { return word == other.word; }
};

constexpr CommandWord kServe{"serve", Action::kServe};
constexpr CommandWord kCheck{"check", Action::kCheck};
constexpr CommandWord kConfig{"config", Action::kPrint};
constexpr CommandWord kRoute{"route", Action::kRoute};
constexpr CommandWord kPreload{"preload", Action::kPreload};
constexpr CommandWord kVersion{"version", Action::kPrint};
constexpr CommandWord kHelp{"help", Action::kPrint};

constexpr CommandWord kCommands[] = {kServe, kCheck, kConfig, kRoute, kPreload, kVersion, kHelp};

// What `tusk doctor` has this program do. Its words are those of that command.
constexpr CommandWord kExamine{"doctor", Action::kServe};

constexpr config::Switch kSwitches[] = {
    {.flag = "help", .short_flag = 'h'},
    {.flag = "version", .short_flag = 'v'},
    {.flag = "json"},
    {.flag = "changed"},
    {.flag = "strict"},
    {.flag = "man", .value = config::Switch::Value::kOne},
    {.flag = "completions", .value = config::Switch::Value::kOne},
    {.flag = "reference"},  // prints docs/configuration.md; for developers, so not in --help
};

std::string line(std::string_view text) { return "tusk: " + std::string(text) + "\n"; }

std::string unexpected(std::string_view word) {
  const std::string quoted = "'" + std::string(word) + "'";
  // php -S and many other servers take the directory as an argument.
  if (word.find_first_of("/.") != std::string_view::npos)
    return "unknown command " + quoted + "; to serve a directory write --root " + std::string(word);
  std::vector<config::names::Name> names;
  for (const CommandWord& known : kCommands)
    names.push_back(
        {.known = std::string(known.word), .answer = "tusk " + std::string(known.word)});
  for (const console::Command& known : console::kCommands)
    names.push_back(
        {.known = std::string(known.word), .answer = "tusk " + std::string(known.word)});
  const std::string hint = config::names::did_you_mean(word, names);
  return "unknown command " + quoted + (hint.empty() ? "; see tusk --help" : hint);
}

bool is_set(const config::Flags& flags, std::string_view name) {
  return std::ranges::find(flags.switches, name) != flags.switches.end();
}

// The command. Mistakes are added to flags.errors.
CommandWord command_of(config::Flags& flags) {
  CommandWord command = kServe;
  const auto error = [&](std::string message) {
    flags.errors.push_back({.message = std::move(message)});
  };
  if (!flags.positionals.empty()) {
    const auto found = std::ranges::find(kCommands, flags.positionals[0], &CommandWord::word);
    const auto of_console =
        std::ranges::find(console::kCommands, flags.positionals[0], &console::Command::word);
    if (of_console != std::end(console::kCommands)) {
      error("the program tusk has the command '" + flags.positionals[0] + "', and not tusk-server");
    } else if (found == std::end(kCommands)) {
      error(unexpected(flags.positionals[0]));
    } else {
      command = *found;
      if (flags.positionals.size() > 1 && command != kHelp && command != kRoute &&
          command != kPreload)
        error("unexpected argument '" + flags.positionals[1] + "'");
    }
  }
  if (is_set(flags, "strict") && command != kCheck) error("--strict belongs to tusk check");
  if (is_set(flags, "json") && command != kConfig && command != kPreload)
    error("--json belongs to tusk config and tusk preload");
  if (is_set(flags, "changed") && command != kConfig) error("--changed belongs to tusk config");
  if (is_set(flags, "reference") && command != kConfig) error("--reference belongs to tusk config");
  for (const char* const flag : manual::kHelpFlags) {
    if (flags.values.contains(flag) && command != kHelp)
      error("--" + std::string(flag) + " belongs to tusk help");
  }
  if (is_set(flags, "version")) return kVersion;
  return command;
}

ParsedCommandLine printed(std::string out) {
  ParsedCommandLine result;
  result.out = std::move(out);
  return result;
}

ParsedCommandLine refused(const std::vector<config::Problem>& errors,
                          const std::vector<std::string>& warnings) {
  ParsedCommandLine result;
  for (const std::string& warning : warnings) result.err += line("warning: " + warning);
  for (const config::Problem& error : errors) result.err += line(error.message);
  result.exit_status =
      std::ranges::any_of(errors, &config::Problem::wrong_use) ? kWrongUse : kFailed;
  return result;
}

// What `tusk config` prints.
std::string shown_configuration(const config::Flags& flags, const config::Loaded& loaded,
                                const std::string& working_directory) {
  using config::output::Extent;
  const Extent extent{.defaults = is_set(flags, "changed")
                                      ? std::optional(config::plain_defaults(working_directory))
                                      : std::nullopt};
  return is_set(flags, "json") ? config::output::to_json(loaded, extent)
                               : config::output::to_toml(loaded, extent);
}

base::Result<config::Settings> examined_settings(const config::Settings& settings,
                                                 const console::doctor::Examination& examination) {
  switch (examination.subject) {
    case console::doctor::Subject::kResident:
      break;
    case console::doctor::Subject::kPlain:
      return plan::plain_doctor_settings(settings, examination.pool);
    case console::doctor::Subject::kRewound:
      return plan::rewound_doctor_settings(settings, examination.pool);
  }
  return plan::doctor_settings(settings, examination.pool);
}

// Changes the settings to those of an examination. A mistake is added to `loaded`.
void examine(config::Loaded& loaded, const console::doctor::Examination& examination) {
  if (!loaded.errors.empty()) return;
  base::Result<config::Settings> settings = examined_settings(loaded.settings, examination);
  if (settings) {
    loaded.settings = std::move(*settings);
  } else {
    loaded.errors.push_back({.message = settings.error().message});
  }
}

}  // namespace

ParsedCommandLine parse_command_line(const Invocation& invocation) {
  const auto& examination = invocation.examination;
  const std::span<const config::Switch> switches =
      examination ? console::doctor::switches() : std::span<const config::Switch>(kSwitches);
  config::Flags flags = config::parse_flags(invocation.args, switches);
  if (auto help = examination ? std::nullopt : manual::answer_help(invocation.args, flags)) {
    if (*help) return printed(std::move(**help));
    return refused({{.message = help->error().message}}, {});
  }
  const CommandWord command = examination ? kExamine : command_of(flags);
  if (command == kVersion) return printed(invocation.version() + "\n");
  if (is_set(flags, "reference") && flags.errors.empty())
    return printed(config::output::reference_markdown());

  config::Sources sources{.flags = std::move(flags.assignments),
                          .environment = invocation.environment,
                          .working_directory = invocation.working_directory,
                          .machine = invocation.machine,
                          .file_text = invocation.file_text,
                          .incomplete = !flags.errors.empty()};
  config::Loaded loaded = config::load(sources);
  sources.file_text.reset();
  if (examination) examine(loaded, *examination);
  auto plan = plan::make_plan(loaded);
  std::vector<config::Problem> errors = std::move(flags.errors);
  if (!plan) errors.insert(errors.end(), plan.error().begin(), plan.error().end());
  if (!errors.empty()) return refused(errors, loaded.warnings);
  if (examination && plan->process.php) {
    plan->process.php->doctor.warm_up = examination->warm_up;
    plan->process.php->doctor.round = examination->round;
  }

  ParsedCommandLine result;
  result.exit_status = kDone;
  result.action = command.action;
  if (command != kCheck && command != kServe) {
    for (const std::string& warning : loaded.warnings) result.err += line("warning: " + warning);
  }
  if (command == kConfig) {
    result.out = shown_configuration(flags, loaded, invocation.working_directory);
    return result;
  }
  result.plan = std::move(*plan);
  if (command == kRoute || command == kPreload) {
    result.as_json = is_set(flags, "json");
    result.words.assign(flags.positionals.begin() + 1, flags.positionals.end());
  } else {
    result.strict = is_set(flags, "strict");
    result.sources = std::move(sources);
  }
  if (command != kPreload) result.loaded = std::move(loaded);
  return result;
}

Invocation invocation_of(int argc, const char* const* argv, std::function<std::string()> version) {
  Invocation invocation;
  invocation.version = std::move(version);
  for (int i = 1; i < argc; ++i) invocation.args.emplace_back(argv[i]);
  invocation.file_text = take_configuration_text();
  invocation.examination = console::doctor::take_examination();
  for (char** variable = environ; *variable != nullptr; ++variable)
    invocation.environment.emplace_back(*variable);
  std::error_code failed;  // if the directory was deleted, relative paths will not be found
  invocation.working_directory = std::filesystem::current_path(failed).string();
  invocation.machine = config::machine::detect_machine();
  return invocation;
}

}  // namespace tusk::app
