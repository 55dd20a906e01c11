// The command line as a function: from arguments and environment to the command, the text to print
// and the exit status. It prints nothing and does not exit, so tests cover all of it.
//
// Thread: main, once at start.
#pragma once

#include <string>
#include <vector>

#include "app/plan/plan.h"
#include "config/load.h"

namespace tusk::app {

// The arguments and surroundings of this process.
struct Invocation {
  std::vector<std::string> args;         // without the program's name
  std::vector<std::string> environment;  // NAME=value
  std::string working_directory;         // absolute
  config::Machine machine;
  std::string version;  // "tusk 0.1.0 (PHP 8.4.24 ZTS)": what `tusk version` prints
};

struct ParsedCommandLine {
  bool check = false;   // true: check the machine and PHP too; the configuration is valid
  bool strict = false;  // with check: warnings are errors
  bool route = false;   // true: explain how `words` are routed
  bool serve = false;   // true: start the server
  int exit_status = 0;  // if all three are false: 0 done, 1 failed, 2 wrong use
  std::string out;      // for stdout
  std::string err;      // for stderr, one line per error and warning; check and serve report the
                        // warnings in `loaded` themselves

  std::vector<std::string> words;  // with route: its arguments

  config::Loaded loaded;  // with check and serve; without errors
  plan::Plan plan;        // with check, route and serve
};

// Reads the configuration file and checks the paths that are named; no other I/O.
ParsedCommandLine parse_command_line(const Invocation& invocation);

// The Invocation of this process, from main()'s own arguments.
Invocation invocation_of(int argc, const char* const* argv, std::string version);

// All of --help.
std::string help_text();

}  // namespace tusk::app
