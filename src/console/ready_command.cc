#include "console/ready_command.h"

#include <chrono>
#include <cstdio>
#include <vector>

#include "console/internal_server.h"
#include "console/json_reader.h"
#include "console/terminal_text.h"

namespace tusk::console {

namespace {

// A tusk that takes longer is not ready: whoever asks does so again and again.
constexpr std::chrono::seconds kTimeout{5};
constexpr int kReady = 200;

// An empty text if the process is ready, otherwise the reason; an error if it does not answer.
base::Result<std::string> reason_of(const std::string& control_socket, pid_t pid) {
  auto server = InternalServer::connect(control_socket, pid, kTimeout);
  if (!server) return std::unexpected(server.error());
  const auto answer = server->ask("/ready");
  if (!answer) return std::unexpected(answer.error());
  if (answer->status == kReady) return std::string();
  const Json page = Json::parse(answer->body, nullptr, false);
  const std::string status = safe_text(string_of(page, "status"), terminal_charset());
  const std::string pool = safe_text(string_of(page, "pool"), terminal_charset());
  if (status.empty()) return "status " + std::to_string(answer->status);
  return pool.empty() ? status : status + " (pool " + pool + ")";
}

int not_ready(const std::string& reason) {
  std::fprintf(stderr, "tusk: not ready: %s\n", reason.c_str());
  return 1;
}

}  // namespace

int show_readiness(const std::string& control_socket) {
  const auto pids = serving_processes(control_socket, kTimeout);
  if (!pids) return not_ready(pids.error().message);
  std::string problem = "starting";
  // Those of the current generation come first, and the first that answers decides, as with /ready.
  for (const pid_t pid : *pids) {
    const base::Result<std::string> reason = reason_of(control_socket, pid);
    if (!reason) {
      problem = reason.error().message;
    } else if (reason->empty()) {
      std::puts("ready");
      return 0;
    } else {
      return not_ready(*reason);
    }
  }
  return not_ready(problem);
}

}  // namespace tusk::console
