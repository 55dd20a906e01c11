// SupervisorConnection: a connection to the control socket of a running tusk.
//
// Owner: the command. Thread: main. It waits for answers.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "supervisor/control_protocol.h"

namespace tusk::console {

class SupervisorConnection {
 public:
  // `control_socket` is the option's value: a path, or "auto" to look for the only one.
  static base::Result<SupervisorConnection> open(const std::string& control_socket);

  // Sends a request line and waits for its answer, and for the end of the connection if `until`
  // says so.
  enum class Until { kAnswer, kEnd };
  base::Result<supervisor::ControlAnswer> ask(std::string_view request, Until until);

  // ask() fails if nothing comes for so long. Without, it waits as long as it takes.
  void set_timeout(std::chrono::seconds timeout);

  base::UniqueFd release() { return std::move(socket_); }

 private:
  explicit SupervisorConnection(base::UniqueFd socket) : socket_(std::move(socket)) {}

  base::UniqueFd socket_;
};

}  // namespace tusk::console
