#include "app/live/supervisor_orders.h"

#include <chrono>
#include <utility>

#include "console/supervisor_connection.h"
#include "supervisor/control_path.h"

namespace tusk::app::live {

namespace {

// A generation that has not started by then is given up by the supervisor, with an answer.
constexpr std::chrono::seconds kPatience{90};

std::string text_of(const supervisor::ControlAnswer& answer) {
  if (answer.exit_status == 0) return {};
  std::string text;
  for (const std::string& line : answer.lines) text += (text.empty() ? "" : "\n") + line;
  return text.empty() ? "the supervisor has refused" : text;
}

std::string ask(const std::string& control_socket, const std::string& line) {
  if (control_socket == supervisor::kAutomaticPath)
    return "octane_admin needs the path of control_socket";
  auto connection = console::SupervisorConnection::open(control_socket);
  if (!connection) return connection.error().message;
  connection->set_timeout(kPatience);
  const auto answer = connection->ask(line, console::SupervisorConnection::Until::kAnswer);
  return answer ? text_of(*answer) : answer.error().message;
}

}  // namespace

bool SupervisorOrders::pass(std::string line, Done done) {
  base::BackgroundThread& thread = line.starts_with("reload") ? reloads_ : others_;
  return thread.submit([path = control_socket_, line = std::move(line),
                        done = std::move(done)]() mutable { done(ask(path, line)); });
}

bool SupervisorOrders::stop(base::Duration timeout) {
  const bool ended = others_.stop(timeout);
  return reloads_.stop(timeout) && ended;
}

}  // namespace tusk::app::live
