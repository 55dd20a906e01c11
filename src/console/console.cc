#include "console/console.h"

#include <algorithm>
#include <cstdio>
#include <expected>
#include <filesystem>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

#include "config/flags.h"
#include "config/load.h"
#include "config/option_table.h"
#include "config/output/help.h"
#include "console/commands.h"
#include "console/profile/profile_command.h"
#include "console/profile/profile_options.h"
#include "console/ready_command.h"
#include "console/status_text.h"
#include "console/supervisor_connection.h"
#include "console/top/top_command.h"
#include "console/workers_command.h"

namespace tusk::console {

namespace {

constexpr int kFailed = 1;
constexpr int kWrongUse = 2;
// For answers that the supervisor gives at once.
constexpr std::chrono::seconds kTimeout{10};

constexpr auto kOne = config::Switch::Value::kOne;
constexpr config::Switch kSwitches[] = {{.flag = "help", .short_flag = 'h'},
                                        {.flag = "json"},
                                        {.flag = "no-wait"},
                                        {.flag = "backtrace"},
                                        {.flag = "pool", .value = kOne},
                                        {.flag = "once"},
                                        {.flag = "new-generation"},
                                        {.flag = "php"},
                                        {.flag = "seconds", .value = kOne},
                                        {.flag = "format", .value = kOne},
                                        {.flag = "output", .short_flag = 'o', .value = kOne},
                                        {.flag = "path", .value = kOne},
                                        {.flag = "script", .value = kOne},
                                        {.flag = "clock", .value = kOne}};

const Command* find(const config::Flags& flags) {
  if (flags.positionals.empty()) return nullptr;
  const auto found = std::ranges::find(kCommands, flags.positionals.front(), &Command::word);
  return found != std::end(kCommands) ? found : nullptr;
}

bool is_set(const config::Flags& flags, std::string_view name) {
  return std::ranges::find(flags.switches, name) != flags.switches.end();
}

// Replaces control characters, so that a server's text cannot move the cursor.
std::string printable(std::string text) {
  std::ranges::replace_if(
      text, [](char each) { return static_cast<unsigned char>(each) < ' ' || each == 0x7f; }, '?');
  return text;
}

int failed(const std::string& message) {
  std::fprintf(stderr, "tusk: %s\n", message.c_str());
  return kFailed;
}

int wrong_use(const std::vector<std::string>& messages) {
  for (const std::string& message : messages) (void)failed(message);
  return kWrongUse;
}

std::vector<std::string> mistakes(const Command& command, const config::Flags& flags) {
  std::vector<std::string> found;
  for (const config::Problem& error : flags.errors) found.push_back(error.message);
  if (flags.positionals.size() > 1)
    found.push_back("unexpected argument '" + flags.positionals[1] + "'");
  if (is_set(flags, "json") && !command.has_json)
    found.push_back("--json does not belong to tusk " + std::string(command.word));
  if (is_set(flags, "no-wait") && !command.has_no_wait)
    found.push_back("--no-wait belongs to tusk stop");
  if (is_set(flags, "backtrace") && !command.has_backtrace)
    found.push_back("--backtrace belongs to tusk workers");
  if (is_set(flags, "new-generation") && !command.has_new_generation)
    found.push_back("--new-generation belongs to tusk reload");
  if (is_set(flags, "php") && !command.has_php) found.push_back("--php belongs to tusk reload");
  if (is_set(flags, "php") && is_set(flags, "new-generation"))
    found.push_back("--php and --new-generation exclude each other");
  if (is_set(flags, "once") && !command.has_once) found.push_back("--once belongs to tusk top");
  for (const auto& [flag, value] : flags.values) {
    if (flag == "pool" && !command.has_pool) {
      found.emplace_back("--pool belongs to tusk workers and tusk profile");
    } else if (flag != "pool" && !command.has_profile_options) {
      found.push_back("--" + flag + " belongs to tusk profile");
    }
  }
  return found;
}

// Mistakes in the configuration do not matter here: a running tusk may be told to reload because
// they were corrected, or they are what the reload will complain about. But a file that cannot be
// read may name the socket: the command must not reach another tusk then. On an error, a message
// for each problem.
std::expected<std::string, std::vector<std::string>> control_socket(config::Flags& flags) {
  config::Sources sources;
  sources.flags = std::move(flags.assignments);
  for (char** variable = environ; *variable != nullptr; ++variable) {
    sources.environment.emplace_back(*variable);
  }
  std::error_code failed;
  sources.working_directory = std::filesystem::current_path(failed).string();
  sources.machine = config::machine::detect_machine();
  const config::Loaded loaded = config::load(sources);
  using Kind = config::Origin::Kind;
  const Kind given_by = config::origin_of(loaded, config::option_named("control_socket")).kind;
  if (loaded.file_understood || given_by == Kind::kFlag || given_by == Kind::kEnvironment)
    return loaded.settings.control_socket;
  std::vector<std::string> messages;
  for (const config::Problem& problem : loaded.errors) messages.push_back(problem.message);
  messages.emplace_back("so the control socket is not known; --control-socket names it, too");
  return std::unexpected(std::move(messages));
}

int show(const Command& command, const supervisor::ControlAnswer& answer, bool json) {
  for (const std::string& line : answer.lines) {
    if (answer.exit_status != 0) {
      (void)failed(printable(line));
    } else if (command.word == "status" && !json) {
      std::fputs(status_text(printable(line)).c_str(), stdout);
    } else {
      std::printf("%s\n", printable(line).c_str());
    }
  }
  return answer.exit_status == 0 ? 0 : kFailed;
}

}  // namespace

bool is_command(std::span<const std::string> arguments) {
  return find(config::parse_flags(arguments, kSwitches)) != nullptr;
}

std::string help_text(const Command& command) {
  std::string text = "Usage: " + std::string(command.usage) + "\n" +
                     "       [--control-socket PATH] [--config FILE]\n\n" +
                     config::output::wrap(command.details, 0);
  if (command.has_profile_options) text += "\n" + profile::options_help();
  return text + "\n" +
         config::output::wrap(
             "The control socket is the one that --control-socket, the variable "
             "TUSK_CONTROL_SOCKET or the configuration file names. Otherwise it is the only one in "
             "/run/tusk*, $XDG_RUNTIME_DIR/tusk or /tmp/tusk-UID.",
             0);
}

int run(std::span<const std::string> arguments) {
  config::Flags flags = config::parse_flags(arguments, kSwitches);
  const Command& command = *find(flags);
  if (is_set(flags, "help")) {
    std::fputs(help_text(command).c_str(), stdout);
    return 0;
  }
  const std::vector<std::string> wrong = mistakes(command, flags);
  if (!wrong.empty()) return wrong_use(wrong);
  profile::ProfileOptions profile_options;
  if (command.has_profile_options) {
    const auto options = profile::read_options(flags.values);
    if (!options) return wrong_use(options.error());
    profile_options = *options;
  }
  const auto found = control_socket(flags);
  if (!found) return wrong_use(found.error());
  const std::string& path = *found;
  if (command.word == "workers") {
    const auto pool = flags.values.find("pool");
    return show_workers(path, {.json = is_set(flags, "json"),
                               .backtraces = is_set(flags, "backtrace"),
                               .pool = pool != flags.values.end() ? pool->second : std::string()});
  }
  if (command.word == "ready") return show_readiness(path);
  if (command.word == "profile") return profile::run(path, profile_options);
  if (command.word == "top")
    return top::run(path, is_set(flags, "once") ? top::Show::kOnce : top::Show::kLive);
  base::Result<SupervisorConnection> connection = SupervisorConnection::open(path);
  if (!connection) return failed(connection.error().message);
  const bool no_wait = is_set(flags, "no-wait");
  if (no_wait || command.word == "status" || command.word == "reopen-logs")
    connection->set_timeout(kTimeout);
  std::string request(command.word);
  if (no_wait) request += " no-wait";
  if (is_set(flags, "new-generation")) request += " new-generation";
  if (is_set(flags, "php")) request += " php";
  const auto answer = connection->ask(request, SupervisorConnection::Until::kEnd);
  if (!answer) return failed(answer.error().message);
  return show(command, *answer, is_set(flags, "json"));
}

}  // namespace tusk::console
