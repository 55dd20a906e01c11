#include "console/supervisor_connection.h"

#include <array>
#include <cerrno>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/process_user.h"
#include "supervisor/control_path.h"

namespace tusk::console {

namespace {

constexpr std::chrono::milliseconds kPause{20};
constexpr int kMaxTries = 100;

// An errno, or 0. A socket whose supervisor takes no connections is not waited for long.
int connect_to(const std::string& path, base::UniqueFd& connection) {
  sockaddr_un name{};
  if (path.size() >= sizeof name.sun_path) return ENAMETOOLONG;
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  base::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return errno;
  for (int tries = 0;; ++tries) {
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0) break;
    // Many other commands wait.
    if (errno != EAGAIN || tries == kMaxTries) return errno;
    std::this_thread::sleep_for(kPause);
  }
  (void)::fcntl(socket.get(), F_SETFL, 0);
  connection = std::move(socket);
  return 0;
}

std::string denial(const std::string& path) {
  return "permission denied for user " + base::process_user() + ": " + path +
         " is for root and the user that tusk runs as";
}

base::Result<base::UniqueFd> connect_or_say_why(const std::string& path) {
  base::UniqueFd connection;
  const int error = connect_to(path, connection);
  switch (error) {
    case 0:
      return connection;
    case ENOENT:
    case ECONNREFUSED:
      return base::fail("tusk is not running: nothing listens on " + path);
    case EACCES:
    case EPERM:
      return base::fail(denial(path));
    case EAGAIN:
      return base::fail("tusk does not answer on " + path);
    default:
      return base::fail_errno("cannot connect to " + path, error);
  }
}

base::Result<base::UniqueFd> connect_to_the_only_one() {
  std::optional<std::string> denied;
  base::UniqueFd connection;
  std::vector<std::string> running;
  for (const std::string& path : supervisor::automatic_control_sockets()) {
    const int error = connect_to(path, connection);
    if (error == EACCES || error == EPERM) denied = path;
    if (error == 0) running.push_back(path);
  }
  if (running.size() == 1) return connection;
  if (running.empty() && denied) return base::fail(denial(*denied));
  if (running.empty()) {
    return base::fail(
        "tusk is not running, or its control socket is elsewhere: name it with --control-socket "
        "or the file with --config");
  }
  std::string message = "several tusk are running: choose one with --control-socket";
  for (const std::string& path : running) message += "\n  " + path;
  return base::fail(message);
}

}  // namespace

base::Result<SupervisorConnection> SupervisorConnection::open(const std::string& control_socket) {
  if (control_socket == supervisor::kNoControlSocket)
    return base::fail("control_socket is off: tusk can be reached by signals only");
  const bool automatic = control_socket.empty() || control_socket == supervisor::kAutomaticPath;
  base::Result<base::UniqueFd> socket =
      automatic ? connect_to_the_only_one() : connect_or_say_why(control_socket);
  if (!socket) return std::unexpected(socket.error());
  return SupervisorConnection(std::move(*socket));
}

void SupervisorConnection::set_timeout(std::chrono::seconds timeout) {
  const timeval limit{.tv_sec = timeout.count(), .tv_usec = 0};
  (void)::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

base::Result<supervisor::ControlAnswer> SupervisorConnection::ask(std::string_view request,
                                                                  Until until) {
  const std::string line = std::string(request) + "\n";
  // A supervisor that refuses the client has answered and closed already.
  (void)::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL);
  std::string text;
  std::array<char, 4096> bytes;
  while (text.size() <= 2 * supervisor::kMaxAnswerBytes) {
    // Not a byte after the answer: it belongs to what comes next.
    const std::size_t most = until == Until::kAnswer ? 1 : bytes.size();
    const ssize_t count = ::recv(socket_.get(), bytes.data(), most, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return base::fail("tusk does not answer");
    if (count > 0) text.append(bytes.data(), static_cast<std::size_t>(count));
    const auto answer = supervisor::parse_answer(text);
    const bool ended = count <= 0;
    if (answer && (ended || until == Until::kAnswer)) return *answer;
    if (ended) break;
  }
  return base::fail("tusk has ended the connection without an answer: its log may say why");
}

}  // namespace tusk::console
