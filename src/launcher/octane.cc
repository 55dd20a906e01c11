#include "launcher/octane.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "config/environment.h"
#include "config/option_table.h"

namespace tusk::launcher {

namespace {

constexpr std::string_view kName = "frankenphp";
constexpr std::string_view kWorkerScript = "/frankenphp-worker.php";
// The end of the path in laravel/octane, wherever the package is.
constexpr std::string_view kOwnCaddyfile = "/src/Commands/stubs/Caddyfile";
constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

std::string only_octane(const std::string& reason) {
  return reason +
         ": by the name frankenphp, tusk serves Laravel Octane only (php artisan "
         "octane:start --server=frankenphp), and reads no Caddyfile; for anything else "
         "use tusk serve";
}

// The words after `run`.
base::Result<std::string> caddyfile(std::span<const std::string> words) {
  std::optional<std::string> path;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    constexpr std::string_view kLong = "--config=";
    if (word == "-c" || word == "--config") {
      if (i + 1 == words.size()) return base::fail(word + " needs a path");
      path = words[++i];
    } else if (word.starts_with(kLong)) {
      path = word.substr(kLong.size());
    } else if ((word == "-a" || word == "--adapter") && i + 1 < words.size() &&
               words[i + 1] == "caddyfile") {
      ++i;
    } else if (word != "--adapter=caddyfile") {
      return base::fail(only_octane("frankenphp run: the argument '" + word + "' is not known"));
    }
  }
  if (!path) return base::fail(only_octane("frankenphp run without -c"));
  return *path;
}

base::Result<void> check_caddyfile(const std::string& path, const OctaneCall& call) {
  const std::string real = call.real_path(path);
  if (real.empty()) return base::fail("there is no " + path);
  if (real.ends_with(kOwnCaddyfile)) return {};
  return base::fail(only_octane(real + " is not the Caddyfile of Octane"));
}

// Octane's options that need what tusk does not have.
base::Result<void> check_extras(const OctaneCall& call) {
  const std::string directives = call.variable("CADDY_SERVER_EXTRA_DIRECTIVES");
  if (directives.contains("mercure"))
    return base::fail(
        "config/octane.php asks for a Mercure hub, which tusk does not have: run a hub of its own "
        "beside it, and take 'mercure' out of config/octane.php");
  for (const char* const name : {"CADDY_SERVER_EXTRA_DIRECTIVES", "CADDY_EXTRA_CONFIG"}) {
    if (!call.variable(name).empty())
      return base::fail(std::string(name) +
                        " has directives for Caddy, which tusk cannot follow: leave it empty");
  }
  return {};
}

// "http://:8000" or "https://host:8443".
base::Result<std::string> address(const OctaneCall& call) {
  const std::string name = call.variable("CADDY_SERVER_SERVER_NAME");
  if (name.starts_with(kHttps)) {
    const bool has_certificate =
        !call.variable("TLS_CERT").empty() || !call.variable("TUSK_TLS_CERT").empty();
    if (!has_certificate)
      return base::fail(
          "--https: tusk gets no certificates by itself; name yours in TUSK_TLS_CERT and "
          "TUSK_TLS_KEY, or let a proxy do TLS");
    return name;
  }
  if (name.starts_with(kHttp)) return name.substr(kHttp.size());
  return base::fail(only_octane("CADDY_SERVER_SERVER_NAME is '" + name +
                                "', and not http://:PORT or https://HOST:PORT"));
}

std::string admin_address(const OctaneCall& call) {
  std::string host = call.variable("CADDY_SERVER_ADMIN_HOST");
  const std::string port = call.variable("CADDY_SERVER_ADMIN_PORT");
  if (host.empty() || host == "localhost") host = "127.0.0.1";
  if (host.contains(':') && !host.starts_with('[')) host = "[" + host + "]";
  return host + ":" + (port.empty() ? "2019" : port);
}

bool at_least_info(const OctaneCall& call) {
  const std::string level = call.variable("CADDY_SERVER_LOG_LEVEL");
  return level.empty() || level == "INFO" || level == "info" || level == "DEBUG" ||
         level == "debug";
}

// Writes flags, but not those that the environment sets for tusk itself.
class Flags {
 public:
  explicit Flags(const OctaneCall& call) : call_(call) {}
  void add(const char* flag, std::string value) {
    const config::Option* const option = config::find_by_flag(flag);
    const std::string older = "TUSK_" + std::string(option->environment);
    if (!call_.variable(config::own_name(*option).c_str()).empty()) return;
    if (!call_.variable(older.c_str()).empty()) return;
    words_.emplace_back(std::string("--") + flag + "=" + std::move(value));
  }
  std::vector<std::string> take() { return std::move(words_); }

 private:
  const OctaneCall& call_;
  std::vector<std::string> words_{"serve"};
};

// Lines of "watch PATH", or of "watch" alone.
void add_watches(OctaneCommand& command, const OctaneCall& call) {
  constexpr std::string_view kWatch = "watch";
  const std::string directives = call.variable("CADDY_SERVER_WATCH_DIRECTIVES");
  std::string_view rest = directives;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    line.remove_prefix(std::min(line.size(), line.find_first_not_of(" \t")));
    if (!line.starts_with(kWatch)) continue;
    line.remove_prefix(kWatch.size());
    line.remove_prefix(std::min(line.size(), line.find_first_not_of(" \t")));
    if (call.can_watch)
      command.words.push_back("--watch=" + std::string(line.empty() ? "default" : line));
  }
  if (!directives.empty() && !call.can_watch)
    command.warnings.emplace_back("--watch: files are not watched; call octane:reload");
}

base::Result<OctaneCommand> run_command(std::span<const std::string> words,
                                        const OctaneCall& call) {
  const base::Result<std::string> path = caddyfile(words);
  if (!path) return std::unexpected(path.error());
  if (const auto usable = check_caddyfile(*path, call); !usable)
    return std::unexpected(usable.error());
  const std::string root = call.variable("APP_PUBLIC_PATH");
  if (root.empty()) return base::fail(only_octane("APP_PUBLIC_PATH is not set"));
  if (const auto usable = check_extras(call); !usable) return std::unexpected(usable.error());
  const base::Result<std::string> listen = address(call);
  if (!listen) return std::unexpected(listen.error());

  OctaneCommand command;
  Flags flags(call);
  flags.add("listen", *listen);
  flags.add("root", root);
  flags.add("resident", root + std::string(kWorkerScript));
  // It also answers the paths that nothing else does.
  flags.add("index-file", std::string(kWorkerScript.substr(1)));
  const std::string workers = call.variable("CADDY_SERVER_WORKER_COUNT");
  if (!workers.empty()) flags.add("resident-workers", workers);
  // Scripts beside the resident one are rare.
  flags.add("workers", "1");
  flags.add("internal-addr", admin_address(call));
  flags.add("octane-admin", "on");
  if (std::string socket = call.control_socket(); !socket.empty())
    flags.add("control-socket", std::move(socket));
  flags.add("log-format", "json");
  flags.add("access-log-format", "caddy");
  flags.add("log-level", call.variable("CADDY_SERVER_LOG_LEVEL") == "DEBUG" ? "debug" : "info");
  flags.add("access-log", at_least_info(call) ? "on" : "off");
  command.words = flags.take();
  add_watches(command, call);
  return command;
}

}  // namespace

bool is_octane_name(std::string_view program) {
  return program.substr(program.rfind('/') + 1) == kName;
}

base::Result<OctaneCommand> octane_command(std::span<const std::string> words,
                                           const OctaneCall& call) {
  const std::string_view command = words.empty() ? std::string_view() : words.front();
  if (command == "run") return run_command(words.subspan(1), call);
  if (command == "version" || command == "--version" || command == "-v")
    return OctaneCommand{.output = "tusk " TUSK_VERSION ", as frankenphp for Laravel Octane\n"};
  // Octane looks for the version of FrankenPHP here, and offers to put a FrankenPHP in the place of
  // one that it takes for too old. Without a version it only warns.
  if (command == "build-info")
    return OctaneCommand{.output = "path\ttusk\nmod\ttusk\tv" TUSK_VERSION "\n"};
  return base::fail(only_octane(command.empty() ? "frankenphp without a command"
                                                : "frankenphp " + std::string(command)));
}

}  // namespace tusk::launcher
