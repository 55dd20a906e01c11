#include "launcher/launcher.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

#include "base/process/acting_user.h"
#include "base/process/crash_record.h"
#include "base/process/standard_streams.h"
#include "base/process/user_change.h"
#include "config/flags.h"
#include "config/load.h"
#include "config/option_table.h"
#include "console/console.h"
#include "console/doctor/doctor_command.h"
#include "console/init/init_command.h"
#include "launcher/configuration.h"
#include "launcher/octane.h"
#include "launcher/programs.h"
#include "net/readiness_notifier.h"
#include "observe/crash/alternate_stack.h"
#include "observe/crash/crash_handler.h"
#include "observe/log.h"
#include "observe/log_file.h"
#include "observe/scoreboard/scoreboard.h"
#include "supervisor/control.h"
#include "supervisor/control_path.h"
#include "supervisor/generation.h"
#include "supervisor/handover.h"
#include "supervisor/supervisor.h"
#include "supervisor/ticket_memory.h"

namespace tusk::launcher {

namespace {

constexpr int kFailed = 1;

// The command line and the configuration, where they ask for a supervisor.
struct Request {
  config::Sources sources;
  config::Loaded loaded;
};

// Nothing: another command, or a flag is wrong. After an upgrade, `handover` has the text of the
// configuration file that was read before.
std::optional<Request> read_request(std::span<const std::string> words,
                                    const supervisor::Handover* handover) {
  config::Flags flags = config::parse_flags(words, {});
  if (!flags.errors.empty() || flags.positionals.size() > 1) return std::nullopt;
  if (flags.positionals.size() == 1 && flags.positionals.front() != "serve") return std::nullopt;
  Request request;
  request.sources.flags = std::move(flags.assignments);
  for (char** variable = environ; *variable != nullptr; ++variable) {
    request.sources.environment.emplace_back(*variable);
  }
  std::error_code failed;
  request.sources.working_directory = std::filesystem::current_path(failed).string();
  request.sources.machine = config::machine::detect_machine();
  config::Sources sources = request.sources;
  if (handover != nullptr) sources.file_text = handover->generations[1].file_text;
  request.loaded = config::load(sources);
  return request;
}

// Otherwise it is for the server program, which also explains what is wrong.
bool is_for_supervisor(const Request& request) {
  return request.loaded.errors.empty() && request.loaded.settings.supervisor;
}

int execute_server(const std::string& program, std::span<const char* const> arguments) {
  std::vector<char*> pointers;
  for (const char* argument : arguments) pointers.push_back(const_cast<char*>(argument));
  pointers.push_back(nullptr);
  ::execv(program.c_str(), pointers.data());
  std::fprintf(stderr, "tusk: cannot execute %s: %s\n", program.c_str(), std::strerror(errno));
  return kFailed;
}

// sd_watchdog_enabled(3); takes the variables out of the environment. Zero: it is not.
base::Duration take_watchdog_interval() {
  const auto take = [](const char* name) {
    const char* const text = std::getenv(name);
    std::uint64_t number = 0;
    if (text != nullptr) std::from_chars(text, text + std::strlen(text), number);
    ::unsetenv(name);
    return number;
  };
  const std::uint64_t microseconds = take("WATCHDOG_USEC");
  const std::uint64_t pid = take("WATCHDOG_PID");
  const bool is_for_us = pid == 0 || pid == static_cast<std::uint64_t>(::getpid());
  return std::chrono::microseconds(is_for_us ? microseconds : 0);
}

// The kernel drops a signal that process 1 has no handler for. Blocked, it waits: for the
// Supervisor's handlers, or for those of the server program, which unblocks it itself.
void keep_ending_signals() {
  if (::getpid() != 1) return;
  sigset_t ending;
  sigemptyset(&ending);
  for (const int signal : {SIGTERM, SIGINT, SIGQUIT}) sigaddset(&ending, signal);
  ::sigprocmask(SIG_BLOCK, &ending, nullptr);
}

bool ignored(int signal) {
  struct sigaction action{};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

int failed(const std::string& message) {
  std::fprintf(stderr, "tusk: %s\n", message.c_str());
  return kFailed;
}

// Has room for what a reload may need: more workers, and several generations at once.
observe::Scoreboard::Size scoreboard_size(const supervisor::Configuration& configuration) {
  constexpr std::size_t kLeastPlaces = 64;
  constexpr std::size_t kLeastWorkers = 256;
  return {
      .places = static_cast<std::uint32_t>(std::max(kLeastPlaces, 4 * configuration.processes)),
      .workers = static_cast<std::uint32_t>(std::max(kLeastWorkers, 2 * configuration.workers))};
}

// After an upgrade, the one that is there.
base::Result<observe::Scoreboard> open_scoreboard(const supervisor::Configuration& configuration,
                                                  supervisor::Handover* handover) {
  if (handover != nullptr && handover->scoreboard >= 0) {
    auto attached = observe::Scoreboard::attach(base::UniqueFd(handover->scoreboard));
    if (attached) return attached;
    observe::info("counters begin at zero, and a reload follows",
                  {{"reason", attached.error().message}});
    supervisor::forget_scoreboard(*handover);
  }
  return observe::Scoreboard::make_shared(scoreboard_size(configuration));
}

base::Result<base::UniqueFd> open_ticket_memory(const supervisor::Handover* handover) {
  if (handover != nullptr && handover->ticket_keys >= 0)
    return base::UniqueFd(handover->ticket_keys);
  return supervisor::make_ticket_memory();
}

// For the program that takes this one's place at an upgrade. The sockets of a process manager are
// handed over in another way.
std::vector<std::string> environment_for_upgrade() {
  constexpr std::array<std::string_view, 4> kNotAgain = {
      "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=", "TUSK_CONTROL_FD="};
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (std::ranges::none_of(kNotAgain, [&](auto name) { return text.starts_with(name); }))
      environment.emplace_back(text);
  }
  return environment;
}

// Whether this program can take the place of the supervisor that asks (supervisor/upgrade_check.h).
int check_adoption(const base::Result<supervisor::Handover>& handover,
                   std::span<const std::string> words, const std::string& program) {
  const char* const control = std::getenv(supervisor::kControlVariable);
  const int socket = control != nullptr ? std::atoi(control) : -1;
  ::unsetenv(supervisor::kControlVariable);
  const auto refuse = [&](const std::string& reason) {
    supervisor::send_message(socket, supervisor::Message::kReason, reason);
    return kFailed;
  };
  if (!handover) return refuse(handover.error().message);
  if (program.empty()) return refuse("there is no tusk-server beside this program");
  const std::optional<Request> request = read_request(words, nullptr);
  if (!request) return refuse("this program does not know a flag of the command line");
  for (const config::Problem& problem : request->loaded.errors) refuse(problem.message);
  if (!is_for_supervisor(*request)) return refuse("this program does not take the configuration");
  supervisor::send_message(socket, supervisor::Message::kReady);
  return 0;
}

// With the rights of the user whose processes write to it. They open the access log, and this file
// once more: each appends to it.
base::Result<void> open_log_file(const config::Settings& settings) {
  const base::process::UserAndGroup user{.user = settings.user, .group = settings.group};
  if (const auto may = base::process::may_change_user(user); !may)
    return base::fail("user: " + may.error().message);
  observe::give_log_files(user, std::vector<std::string>{settings.log_file});
  const base::process::ActingUser acting(user);
  return observe::open_files(settings.log_file, {});
}

int supervise(Request request, const std::string& own, const std::string& program,
              std::span<const char* const> arguments, supervisor::Handover* handover) {
  std::vector<std::string> environment = environment_for_upgrade();
  base::process::settle_standard_streams();
  const base::Result<void> log_file = open_log_file(request.loaded.settings);
  if (!log_file) return failed(log_file.error().message);
  observe::init(log_settings(request.loaded.settings));
  const observe::crash::AlternateStack alternate_stack;
  observe::crash::install_crash_handler();
  supervisor::Configuration configuration = supervisor_configuration(std::move(request.loaded));
  base::Result<observe::Scoreboard> scoreboard = open_scoreboard(configuration, handover);
  if (!scoreboard) observe::warn(scoreboard.error().message);
  base::Result<supervisor::SocketSource> sockets = supervisor::SocketSource::from_environment();
  if (!sockets) return failed(sockets.error().message);
  base::Result<base::UniqueFd> ticket_keys = open_ticket_memory(handover);
  if (!ticket_keys) return failed(ticket_keys.error().message);
  supervisor::Supervisor::Parts parts{
      .program = {},
      .own = {own, {arguments.begin(), arguments.end()}, std::move(environment)},
      .find_server = [own] { return find_server_program(own); },
      .ticket_keys = std::move(*ticket_keys),
      .loader = loader_of(request.sources),
      .loader_of_text = loader_of_text(request.sources),
      .sockets = std::move(*sockets),
      .notifier = net::ReadinessNotifier::from_environment(),
      .scoreboard = scoreboard ? std::optional(std::move(*scoreboard)) : std::nullopt,
      .watchdog_interval = take_watchdog_interval(),
      .ignores_hangups = ignored(SIGHUP),
  };
  for (const char* name :
       {supervisor::kControlVariable, observe::kScoreboardVariable, observe::kPlaceVariable,
        base::process::kCrashVariable, supervisor::kGenerationVariable,
        supervisor::kTicketKeysVariable, supervisor::kReplacementVariable}) {
    ::unsetenv(name);
  }
  parts.program.path = program;
  parts.program.arguments.assign(arguments.begin(), arguments.end());
  for (char** variable = environ; *variable != nullptr; ++variable) {
    parts.program.environment.emplace_back(*variable);
  }
  supervisor::Supervisor supervisor(std::move(parts));
  if (handover != nullptr) return supervisor.run(*handover);
  return supervisor.run(std::move(configuration));
}

OctaneCall octane_call() {
  return {.variable = [](const char* name) -> std::string {
            const char* const text = std::getenv(name);
            return text != nullptr ? text : "";
          },
          .real_path = [](const std::string& path) -> std::string {
            std::error_code failed;
            const std::filesystem::path real = std::filesystem::canonical(path, failed);
            return failed ? std::string() : real.string();
          },
          .can_watch = config::find_by_flag("watch") != nullptr,
          .control_socket = [] { return supervisor::automatic_control_path().value_or(""); }};
}

// Follows links as far as they have the name frankenphp: what they lead to may be another version
// at an upgrade.
std::string without_octane_name(std::filesystem::path path) {
  constexpr int kMostLinks = 10;
  for (int links = 0; is_octane_name(path.native()); ++links) {
    std::error_code failed;
    const std::filesystem::path target = std::filesystem::read_symlink(path, failed);
    if (failed || links == kMostLinks) return "tusk";
    path = path.parent_path() / target;
  }
  return path.lexically_normal().string();
}

// Goes on as tusk, with the options that Octane has asked for.
int launch_octane(std::span<const char* const> arguments) {
  const std::vector<std::string> words(arguments.begin() + 1, arguments.end());
  const base::Result<OctaneCommand> command = octane_command(words, octane_call());
  if (!command) return failed(command.error().message);
  std::fputs(command->output.c_str(), stdout);
  for (const std::string& warning : command->warnings)
    std::fprintf(stderr, "tusk: %s\n", warning.c_str());
  if (command->words.empty()) return 0;
  const std::string name = without_octane_name(find_own_program(arguments.front()));
  std::vector<const char*> again{name.c_str()};
  for (const std::string& word : command->words) again.push_back(word.c_str());
  return launch(again);
}

}  // namespace

int launch(std::span<const char* const> arguments) {
  if (is_octane_name(arguments.front())) return launch_octane(arguments);
  std::vector<std::string> words(arguments.begin() + 1, arguments.end());
  if (console::doctor::is_command(words))
    return console::doctor::run(words, find_server_program(find_own_program(arguments.front())));
  if (console::init::is_command(words))
    return console::init::run(words, find_own_program(arguments.front()));
  if (console::is_command(words)) return console::run(words);
  auto handover = supervisor::take_handover();
  const std::string own = find_own_program(arguments.front());
  const std::string program = find_server_program(own);
  if (handover && !words.empty() && words.front() == supervisor::kAdoptCheck) {
    words.erase(words.begin());
    return check_adoption(*handover, words, program);
  }
  if (handover && !*handover) return failed(handover->error().message);
  keep_ending_signals();
  if (program.empty()) return failed("cannot find tusk-server beside this program");
  supervisor::Handover* const state = handover ? &**handover : nullptr;
  std::optional<Request> request = read_request(words, state);
  // A supervisor that has taken another one's place has been asked before.
  const bool supervised = request && (state != nullptr || is_for_supervisor(*request));
  if (!supervised) return execute_server(program, arguments);
  return supervise(std::move(*request), own, program, arguments, state);
}

}  // namespace tusk::launcher
