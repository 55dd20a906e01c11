#include "console/top/observer.h"

#include <algorithm>
#include <utility>

#include "console/supervisor_connection.h"
#include "console/workers_table.h"

namespace tusk::console::top {

namespace {

// Keys wait for so long at most.
constexpr std::chrono::seconds kTimeout{2};

}  // namespace

Observer::Outcome Observer::refresh() {
  if (server_ && ask()) return Outcome::kDone;
  // The process may have ended because of a reload: another one serves.
  const auto running = SupervisorConnection::open(control_socket_);
  if (!running) {
    problem_ = running.error().message;
    return Outcome::kEnded;
  }
  return connect() && ask() ? Outcome::kDone : Outcome::kNoAnswer;
}

bool Observer::connect() {
  auto pids = serving_processes(control_socket_, kTimeout);
  if (!pids || pids->empty()) {
    problem_ = pids ? "no server process serves now" : pids.error().message;
    return false;
  }
  std::ranges::stable_partition(*pids, [&](pid_t pid) { return pid != avoided_; });
  auto server = InternalServer::connect(control_socket_, pids->front(), kTimeout);
  if (!server) {
    problem_ = server.error().message;
    avoided_ = pids->front();
    return false;
  }
  server_ = std::move(*server);
  return true;
}

bool Observer::ask() {
  const auto metrics = server_->get("/metrics");
  const base::MonotonicTime taken = base::now();
  const auto workers = metrics ? server_->get("/workers?format=json") : metrics;
  if (!workers) {
    problem_ = workers.error().message;
    avoided_ = server_->pid();
    server_.reset();
    return false;
  }
  MetricsSample now(*metrics, taken);
  overview_ = overview_of(before_ ? &*before_ : nullptr, now);
  before_ = std::move(now);
  processes_ = read_workers(*workers);
  return true;
}

std::vector<std::string> Observer::backtrace(pid_t pid, std::int64_t worker,
                                             Charset charset) const {
  auto server = InternalServer::connect(control_socket_, pid, kTimeout);
  if (!server) return {safe_text(server.error().message, charset)};
  const auto page = server->get("/workers?format=json&backtrace=1");
  if (!page) return {safe_text(page.error().message, charset)};
  for (const ProcessLine& process : read_workers(*page)) {
    for (const WorkerLine& line : process.workers) {
      const bool is_it = line.pid == pid && line.worker == worker && line.runs;
      if (is_it && !line.backtrace.empty()) return backtrace_lines(line, charset);
    }
  }
  return {"the worker runs no PHP now"};
}

}  // namespace tusk::console::top
