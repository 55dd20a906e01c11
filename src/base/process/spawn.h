// Starts a program in a process of its own.
//
// Thread: any.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "base/result.h"

namespace tusk::base::process {

struct Spawn {
  std::string program;  // a path
  std::vector<std::string> arguments{};
  // A descriptor of this process, and its number in the new one. Others that are not close-on-exec
  // are there, too. No `from` may be a `to` of another pair.
  struct Descriptor {
    int from = -1;
    int to = -1;
  };
  std::vector<Descriptor> descriptors{};
  bool is_silent = false;  // its stderr is /dev/null
};

// The program has the environment of this process, no blocked signals, and the default action for
// each signal. The caller waits for the process. Fails if the program cannot be executed.
Result<pid_t> spawn(const Spawn& what);

}  // namespace tusk::base::process
