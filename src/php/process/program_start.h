// Starts a program for a script, as posix_spawn() does, and with the descriptor limit that the
// server was started with (base/descriptor_limit.h): no attribute of posix_spawn() sets a limit,
// and to set it from outside is too late for a program that asks at once.
//
// As there, the child shares the memory of the thread that starts it, which stands still until the
// program runs: it makes system calls only.
//
// Thread: a worker.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

namespace tusk::php::process {

// What is done in the child before the program runs, in order.
struct StartStep {
  enum class Kind : unsigned char { kDuplicate, kClose, kEnterDirectory };
  Kind kind;
  int from = -1;
  int to = -1;  // the one that is closed, too
  std::string directory;
};

struct ProgramStart {
  std::vector<std::string> paths;  // tried in order, as execvp() does
  char* const* arguments;
  char* const* environment;
  // The child has standard streams and what a step duplicates; all else is closed.
  std::span<const StartStep> steps;
};

// 0, or the number of the error.
int start_program(const ProgramStart& start, pid_t& process);

}  // namespace tusk::php::process
