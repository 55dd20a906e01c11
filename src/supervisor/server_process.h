// ServerProcess: one server process that the supervisor has started.
//
// Owner: a Generation. Thread: the supervisor's only one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "base/unique_fd.h"
#include "supervisor/control.h"

namespace tusk::supervisor {

// A descriptor that the process inherits, and the variable that tells its number.
struct HandedDescriptor {
  int fd;
  std::string variable;
};

// Sets a server process apart from the terminal of the command that has started it for itself.
struct Apart {
  int null = -1;   // /dev/null: its standard input and output
  int error = -1;  // its standard error
};

// The program that a server process executes.
struct ServerProgram {
  std::string path;
  std::vector<std::string> arguments;    // the first is the program's name
  std::vector<std::string> environment;  // NAME=value, without the variables of the protocols below
  std::vector<HandedDescriptor> descriptors{};  // the same for all processes
  // Given: it leads a group of processes, and is killed when its parent's thread ends.
  std::optional<Apart> apart{};
};

// A listening socket that the process inherits, under a name (sd_listen_fds_with_names(3)).
struct HandedSocket {
  int fd;
  std::string name;
};

// How a process has ended.
struct Ending {
  pid_t pid = 0;
  int status = 0;  // as waitpid() gives it

  bool by_signal() const;
  int signal() const;       // when by_signal()
  int exit_status() const;  // when not
};

class ServerProcess {
 public:
  // Executes the program in a child process. It inherits the sockets as LISTEN_FDS says, the
  // descriptors, its end of the control channel, and nothing else beside the standard streams. Its
  // environment is the program's and `variables` (NAME=value). Its signals are those of a program
  // that a shell has started.
  static base::Result<ServerProcess> start(const ServerProgram& program,
                                           std::span<const HandedSocket> sockets,
                                           std::span<const HandedDescriptor> descriptors,
                                           std::span<const std::string> variables);

  // A child of this process that another program has started in it.
  static ServerProcess adopt(pid_t pid, base::UniqueFd control) {
    return ServerProcess(pid, std::move(control));
  }

  pid_t pid() const { return pid_; }
  // The supervisor's end of the control channel: to be taken once.
  base::UniqueFd take_control() { return std::move(control_); }

 private:
  ServerProcess(pid_t pid, base::UniqueFd control) : pid_(pid), control_(std::move(control)) {}

  pid_t pid_;
  base::UniqueFd control_;
};

}  // namespace tusk::supervisor
