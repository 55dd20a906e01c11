// The command `tusk workers`.
//
// Thread: main.
#pragma once

#include <string>

namespace tusk::console {

struct WorkersOptions {
  bool json = false;
  bool backtraces = false;
  std::string pool{};  // only its workers; empty: all
};

// Prints what all workers do, and returns the exit status.
int show_workers(const std::string& control_socket, const WorkersOptions& options);

}  // namespace tusk::console
