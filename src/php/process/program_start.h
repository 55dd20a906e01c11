// Starts a program for a script.
//
// Thread: a worker.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

namespace tusk::php::process {

// A step that the child takes, in order, before the program runs.
struct StartStep {
  enum class Kind : unsigned char { kDuplicate, kClose, kEnterDirectory };
  Kind kind;
  int from = -1;
  int to = -1;  // for kClose, the descriptor to close
  std::string directory;
};

// The program to start and how. It starts as by posix_spawn(), but with the descriptor limit that
// the server was started with (base/descriptor_limit.h). No attribute of posix_spawn() sets a
// limit, and setting it from outside is too late for a program that reads it at once.
//
// The child shares the memory of the thread that starts it, which is suspended until the program
// runs: the child makes system calls only. posix_spawn() does the same.
struct ProgramStart {
  std::vector<std::string> paths;  // tried in order, as execvp() does
  char* const* arguments;
  char* const* environment;
  // The child has the standard streams and what a step duplicates; everything else is closed.
  std::span<const StartStep> steps;
};

// Returns 0 or the error number.
int start_program(const ProgramStart& start, pid_t& process);

}  // namespace tusk::php::process
