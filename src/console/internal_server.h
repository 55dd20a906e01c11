// InternalServer: a connection to the internal server of one server process, through the control
// socket of its supervisor. It works with internal_addr off too, and needs no token.
//
// Owner: the command. Thread: main. It waits for answers.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tusk::console {

class InternalServer {
 public:
  // Connecting and each answer fail when nothing comes for `timeout`.
  static base::Result<InternalServer> connect(const std::string& control_socket, pid_t pid,
                                              std::chrono::seconds timeout);

  struct Answer {
    int status = 0;
    std::string body;
  };
  // After an error the connection is of no use.
  base::Result<Answer> ask(std::string_view target);
  // The body of an answer with status 200; any other status is an error.
  base::Result<std::string> get(std::string_view target);
  pid_t pid() const { return pid_; }
  // Sends a request. Its answer comes on the socket that it returns, which the caller reads.
  base::Result<base::UniqueFd> begin(std::string_view target) &&;

 private:
  InternalServer(base::UniqueFd socket, pid_t pid) : socket_(std::move(socket)), pid_(pid) {}
  base::Result<void> send(std::string_view target);
  base::Result<std::size_t> receive(char* bytes, std::size_t most);

  base::UniqueFd socket_;
  pid_t pid_;
};

// The server processes of a running tusk that answer, those of the current generation first. None:
// they start.
base::Result<std::vector<pid_t>> serving_processes(const std::string& control_socket,
                                                   std::chrono::seconds timeout);

}  // namespace tusk::console
