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

#include "base/process/crash_record.h"
#include "base/process/standard_streams.h"
#include "config/flags.h"
#include "config/load.h"
#include "console/console.h"
#include "launcher/configuration.h"
#include "net/readiness_notifier.h"
#include "observe/log.h"
#include "observe/scoreboard/scoreboard.h"
#include "supervisor/control.h"
#include "supervisor/generation.h"
#include "supervisor/supervisor.h"
#include "supervisor/ticket_memory.h"

namespace tusk::launcher {

namespace {

constexpr std::string_view kServerProgram = "tusk-server";
constexpr int kFailed = 1;

// What the command line and the configuration say, where they ask for a supervisor.
struct Request {
  config::Sources sources;
  config::Loaded loaded;
};

// Nothing: another command, `--no-supervisor`, or something is wrong. The server program explains
// what is wrong.
std::optional<Request> supervised_request(std::span<const char* const> arguments) {
  const std::vector<std::string> words(arguments.begin() + 1, arguments.end());
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
  request.sources.machine = config::detect_machine();
  request.loaded = config::load(request.sources);
  if (!request.loaded.errors.empty() || !request.loaded.settings.supervisor) return std::nullopt;
  return request;
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

// What a reload may need: more workers, and several generations at once.
observe::Scoreboard::Size scoreboard_size(const supervisor::Configuration& configuration) {
  constexpr std::size_t kLeastPlaces = 64;
  constexpr std::size_t kLeastWorkers = 256;
  return {
      .places = static_cast<std::uint32_t>(std::max(kLeastPlaces, 4 * configuration.processes)),
      .workers = static_cast<std::uint32_t>(std::max(kLeastWorkers, 2 * configuration.workers))};
}

int supervise(Request request, const std::string& program, std::span<const char* const> arguments) {
  base::process::settle_standard_streams();
  observe::init(log_settings(request.loaded.settings));
  supervisor::Configuration configuration = supervisor_configuration(std::move(request.loaded));
  base::Result<observe::Scoreboard> scoreboard =
      observe::Scoreboard::make_shared(scoreboard_size(configuration));
  if (!scoreboard) observe::warn(scoreboard.error().message);
  base::Result<supervisor::SocketSource> sockets = supervisor::SocketSource::from_environment();
  if (!sockets) return failed(sockets.error().message);
  base::Result<base::UniqueFd> ticket_keys = supervisor::make_ticket_memory();
  if (!ticket_keys) return failed(ticket_keys.error().message);
  supervisor::Supervisor::Parts parts{
      .program = {},
      .ticket_keys = std::move(*ticket_keys),
      .loader = loader_of(std::move(request.sources)),
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
  return supervisor.run(std::move(configuration));
}

}  // namespace

std::string find_server_program() {
  std::array<char, 4096> path;
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0) return {};
  const std::filesystem::path directory =
      std::filesystem::path(std::string_view(path.data(), static_cast<std::size_t>(length)))
          .parent_path();
  for (const std::filesystem::path& candidate :
       {directory / kServerProgram, directory / "../lib/tusk" / kServerProgram}) {
    if (::access(candidate.c_str(), X_OK) == 0) return candidate.lexically_normal().string();
  }
  return {};
}

int launch(std::span<const char* const> arguments) {
  const std::vector<std::string> words(arguments.begin() + 1, arguments.end());
  if (console::is_command(words)) return console::run(words);
  keep_ending_signals();
  const std::string program = find_server_program();
  if (program.empty()) {
    return failed("cannot find " + std::string(kServerProgram) + " beside this program");
  }
  std::optional<Request> request = supervised_request(arguments);
  if (!request) return execute_server(program, arguments);
  return supervise(std::move(*request), program, arguments);
}

}  // namespace tusk::launcher
