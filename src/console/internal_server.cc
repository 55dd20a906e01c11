#include "console/internal_server.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include <sys/socket.h>

#include "console/http_answer.h"
#include "console/json_reader.h"
#include "console/supervisor_connection.h"

namespace tusk::console {

namespace {

std::string first_line(const supervisor::ControlAnswer& answer) {
  return answer.lines.empty() ? "tusk refuses the command" : answer.lines.front();
}

}  // namespace

base::Result<InternalServer> InternalServer::connect(const std::string& control_socket, pid_t pid,
                                                     std::chrono::seconds timeout) {
  base::Result<SupervisorConnection> connection = SupervisorConnection::open(control_socket);
  if (!connection) return std::unexpected(connection.error());
  connection->set_timeout(timeout);
  const auto answer =
      connection->ask("connect " + std::to_string(pid), SupervisorConnection::Until::kAnswer);
  if (!answer) return std::unexpected(answer.error());
  if (answer->exit_status != 0) return base::fail(first_line(*answer));
  return InternalServer(connection->release(), pid);
}

base::Result<void> InternalServer::send(std::string_view target) {
  const std::string request = "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const ssize_t sent = ::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request.size())) {
    return base::fail("the server process has closed the connection");
  }
  return {};
}

base::Result<base::UniqueFd> InternalServer::begin(std::string_view target) && {
  const base::Result<void> sent = send(target);
  if (!sent) return std::unexpected(sent.error());
  return std::move(socket_);
}

base::Result<InternalServer::Answer> InternalServer::ask(std::string_view target) {
  const base::Result<void> asked = send(target);
  if (!asked) return std::unexpected(asked.error());
  HttpAnswer answer;
  HttpAnswer::Progress progress = HttpAnswer::Progress::kMore;
  std::array<char, 16384> bytes;
  while (progress == HttpAnswer::Progress::kMore) {
    const base::Result<std::size_t> count = receive(bytes.data(), bytes.size());
    if (!count) return std::unexpected(count.error());
    progress = *count == 0 ? answer.end() : answer.take({bytes.data(), *count});
  }
  if (progress == HttpAnswer::Progress::kWrong) {
    return base::fail("the server process has not answered completely");
  }
  if (answer.closes()) socket_ = {};
  return Answer{.status = answer.status(), .body = answer.body()};
}

base::Result<std::string> InternalServer::get(std::string_view target) {
  base::Result<Answer> answer = ask(target);
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200) {
    return base::fail("the server process has answered with status " +
                      std::to_string(answer->status));
  }
  return std::move(answer->body);
}

// 0: the connection has ended.
base::Result<std::size_t> InternalServer::receive(char* bytes, std::size_t most) {
  for (;;) {
    const ssize_t count = ::recv(socket_.get(), bytes, most, 0);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EINTR) continue;
    if (errno == ECONNRESET) return std::size_t{0};
    return base::fail("the server process does not answer");
  }
}

base::Result<std::vector<pid_t>> serving_processes(const std::string& control_socket,
                                                   std::chrono::seconds timeout) {
  base::Result<SupervisorConnection> connection = SupervisorConnection::open(control_socket);
  if (!connection) return std::unexpected(connection.error());
  connection->set_timeout(timeout);
  const auto answer = connection->ask("status", SupervisorConnection::Until::kEnd);
  if (!answer) return std::unexpected(answer.error());
  if (answer->exit_status != 0) return base::fail(first_line(*answer));
  std::vector<pid_t> pids;
  const Json status = Json::parse(first_line(*answer), nullptr, false);
  for (const Json& generation : list_of(status, "generations")) {
    for (const Json& process : list_of(generation, "processes")) {
      const Json& pid = value_of(process, "pid");
      if (!pid.is_number_integer() || text_of(process, "phase") == "starting") continue;
      pids.push_back(static_cast<pid_t>(pid.get<std::int64_t>()));
    }
  }
  return pids;
}

}  // namespace tusk::console
