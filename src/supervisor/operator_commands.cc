// Supervisor: the commands that come over the control socket (supervisor/control_protocol.h).

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/process/acting_user.h"
#include "observe/log.h"
#include "observe/log_file.h"
#include "supervisor/control_path.h"
#include "supervisor/status.h"
#include "supervisor/supervisor.h"

namespace tusk::supervisor {

namespace {

constexpr ControlAnswer kDone{};

}  // namespace

// Fails only where a path was asked for: tusk serves without the automatic one too, in a container
// whose file system is read-only, for example.
base::Result<void> Supervisor::open_control_socket(const std::string& path) {
  if (path == kNoControlSocket) return {};
  const bool automatic = path.empty() || path == kAutomaticPath;
  base::Result<std::string> chosen = automatic ? automatic_control_path() : path;
  base::Result<ControlFile> file =
      chosen ? open_control_file(*chosen) : std::unexpected(chosen.error());
  if (!file && !automatic) return std::unexpected(file.error());
  if (!file) {
    observe::warn("no control socket: tusk reload, status and stop will not work",
                  {{"reason", file.error().message}});
    return {};
  }
  serve_control_socket(std::move(*file));
  return {};
}

void Supervisor::serve_control_socket(ControlFile file) {
  control_ = std::make_unique<ControlSocket>(
      loop_, std::move(file),
      [this](std::string_view line, ControlClient client) { on_command(line, std::move(client)); });
}

void Supervisor::on_command(std::string_view line, ControlClient client) {
  const auto [command, argument] = parse_request(line);
  if (command == "connect") return on_connect_command(argument, client);
  if (command == "stop") return on_stop_command(argument, std::move(client));
  if (command == "reload") return on_reload_command(argument, std::move(client));
  if (!argument.empty()) return client.answer({1, {"this command has no argument"}});
  if (command == "status") return client.answer({0, {status()}});
  if (command == "upgrade") return on_upgrade_command(std::move(client));
  if (command == "reopen-logs") {
    reopen_clients_.push_back(std::move(client));
    return reopen_logs();
  }
  client.answer({1, {"this tusk (" TUSK_VERSION ") does not know the command"}});
}

// A reload that is under way may have read the configuration before it was changed. So the client
// then waits for the next one.
void Supervisor::on_reload_command(std::string_view argument, ControlClient client) {
  const bool new_generation = argument == "new-generation";
  const bool php = argument == "php";
  if (!argument.empty() && !new_generation && !php)
    return client.answer({1, {"this argument is not known"}});
  if (end_ != End::kNotAsked) return client.answer({1, {"tusk stops"}});
  give_up_slow_upgrade();
  if (upgrading_) return client.answer({1, {"an upgrade is under way"}});
  if (php) return renew_php(std::move(client));
  new_generation_ = new_generation_ || new_generation;
  (reload_must_wait() ? waiting_clients_ : reload_clients_).push_back(std::move(client));
  reload();
}

void Supervisor::on_stop_command(std::string_view argument, ControlClient client) {
  if (argument == "no-wait") {
    client.answer(kDone);
  } else if (!argument.empty()) {
    return client.answer({1, {"this argument is not known"}});
  } else {
    stop_clients_.push_back(std::move(client));
  }
  if (end_ != End::kNotAsked) return;
  observe::info("stops its server processes", {{"command", "stop"}});
  stop(0);
}

void Supervisor::on_connect_command(std::string_view argument, const ControlClient& client) {
  pid_t pid = 0;
  const auto [end, error] =
      std::from_chars(argument.data(), argument.data() + argument.size(), pid);
  Generation* serving = nullptr;
  for (Generation* const generation : generations()) {
    if (generation->serves(pid)) serving = generation;
  }
  if (error != std::errc{} || end != argument.data() + argument.size() || serving == nullptr)
    return client.answer({1, {"no server process with this number serves"}});
  serving->connect(pid, client.answer_and_take(kDone));
}

std::string Supervisor::status() const {
  SupervisorState state{.state = "serving",
                        .started = started_,
                        .current = current_.get(),
                        .processes = processes_.statuses()};
  if (!current_->ready()) state.state = "starting";
  if (next_ != nullptr) {
    state.state = "reloading";
    state.others.push_back(next_.get());
  }
  if (changing_ || renewing_php_) state.state = "reloading";
  state.recyclings = processes_.recyclings();
  if (upgrading_) state.state = "upgrading";
  if (end_ != End::kNotAsked) state.state = "stopping";
  for (const auto& retired : retired_) state.others.push_back(retired.get());
  return status_json(state);
}

void Supervisor::answer_reload(const ControlAnswer& answer) {
  for (const ControlClient& client : std::exchange(reload_clients_, {})) client.answer(answer);
}

void Supervisor::reopen_logs() {
  observe::info("reopens log files");
  const Configuration& configuration = current_->configuration();
  observe::give_log_files(configuration.user, configuration.log_files);
  {
    const base::process::ActingUser acting(configuration.user);
    observe::reopen_files();
    reopen_problems_ = observe::unopenable_log_files();
  }
  for (Generation* const generation : generations()) generation->reopen_logs();
  reopen_timer_.after(kReopenPatience, [this] { end_reopening(AfterPatience::kYes); });
  end_reopening(AfterPatience::kNo);
}

// Several processes say the same of the same file.
void Supervisor::on_logs_reopened(std::string_view problems) {
  while (!problems.empty()) {
    const std::string_view problem = problems.substr(0, problems.find('\n'));
    problems.remove_prefix(std::min(problems.size(), problem.size() + 1));
    if (std::ranges::find(reopen_problems_, problem) == reopen_problems_.end())
      reopen_problems_.emplace_back(problem);
  }
  end_reopening(AfterPatience::kNo);
}

void Supervisor::end_reopening(AfterPatience after_patience) {
  const bool is_reopening = std::ranges::any_of(
      generations(), [](const Generation* generation) { return generation->is_reopening(); });
  if (is_reopening && after_patience == AfterPatience::kNo) return;
  std::vector<std::string> silent;
  for (Generation* const generation : generations()) {
    for (const pid_t pid : generation->reopening())
      silent.push_back("server process " + std::to_string(pid) + " does not answer");
  }
  if (observe::are_files_reopening()) {
    if (after_patience == AfterPatience::kNo)
      return reopen_look_.after(kReopenLook, [this] { end_reopening(AfterPatience::kNo); });
    silent.emplace_back("the supervisor's log file is not open again");
  }
  reopen_timer_.cancel();
  reopen_look_.cancel();
  std::vector<std::string> problems = std::exchange(reopen_problems_, {});
  problems.insert(problems.end(), silent.begin(), silent.end());
  const ControlAnswer answer{problems.empty() ? 0 : 1, problems};
  for (const ControlClient& client : std::exchange(reopen_clients_, {})) client.answer(answer);
}

std::vector<Generation*> Supervisor::generations() const {
  std::vector<Generation*> all;
  for (Generation* const generation : {current_.get(), next_.get()}) {
    if (generation != nullptr) all.push_back(generation);
  }
  for (const auto& retired : retired_) all.push_back(retired.get());
  return all;
}

}  // namespace tusk::supervisor
