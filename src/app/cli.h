// The command line as a function: from arguments and environment to the command, the text to print
// and the exit status. It prints nothing and does not exit, so tests cover all of it.
//
// Thread: main, once at start.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/plan/plan.h"
#include "config/load.h"
#include "console/doctor/examination.h"

namespace tusk::app {

// The arguments and surroundings of this process.
struct Invocation {
  std::vector<std::string> args;         // without the program's name
  std::vector<std::string> environment;  // NAME=value
  std::string working_directory;         // absolute
  config::machine::Machine machine;
  std::optional<std::string> file_text{};  // of the configuration file, from the supervisor
  // From `tusk doctor resident`, which has started this process.
  std::optional<console::doctor::Examination> examination{};
  // Makes "tusk 0.1.0 (PHP 8.4.24 ZTS)", which `tusk version` prints.
  std::function<std::string()> version;
};

// The work that remains after the command line was parsed.
enum class Action {
  kPrint,    // `out` and `err` only, then exit with `exit_status`
  kCheck,    // check the machine and PHP too; the configuration is valid
  kRoute,    // explain how `words` are routed
  kPreload,  // show or change the list of what is preloaded, as `words` say
  kServe,
};

struct ParsedCommandLine {
  Action action = Action::kPrint;
  bool strict = false;  // with kCheck: warnings are errors
  int exit_status = 0;  // with kPrint: 0 done, 1 failed, 2 wrong use
  std::string out;      // for stdout
  std::string err;      // for stderr, one line per error and warning; kCheck and kServe report the
                        // warnings in `loaded` themselves

  std::vector<std::string> words;  // with kRoute and kPreload: their arguments
  bool as_json = false;            // with kPreload

  config::Sources sources;  // with kServe: of `loaded`, without the file's text
  config::Loaded loaded;    // with kCheck, kRoute and kServe; without errors
  plan::Plan plan;          // with all but kPrint
};

// Reads the configuration file and checks the paths that are named; no other I/O.
ParsedCommandLine parse_command_line(const Invocation& invocation);

// The Invocation of this process, from main()'s own arguments.
Invocation invocation_of(int argc, const char* const* argv, std::function<std::string()> version);

}  // namespace tusk::app
