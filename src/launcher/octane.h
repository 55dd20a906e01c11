// Octane: what Laravel Octane asks of a program with the name frankenphp, as options of tusk.
//
// `php artisan octane:start --server=frankenphp` runs `frankenphp run -c Caddyfile` with everything
// that varies in the environment. A link with that name to tusk serves it: the Caddyfile is
// Octane's own, which is always the same, so it need not be read. Every other Caddyfile is refused.
//
// Thread: any; pure functions.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tusk::launcher {

// Whether argv[0] is a path that ends with this name.
bool is_octane_name(std::string_view program);

struct OctaneCall {
  // The value of an environment variable; empty: it is not set.
  std::function<std::string(const char* name)> variable;
  // The path of a file without links and "..", or empty: there is no such file.
  std::function<std::string(const std::string& path)> real_path;
  // Whether this tusk has the option --watch.
  bool can_watch = false;
  // For --control-socket, so that the server process knows it, too. Empty: there can be none.
  std::function<std::string()> control_socket;
};

// The meaning of the words after the program's name.
struct OctaneCommand {
  std::string output{};              // to be printed, if there is no command to execute
  std::vector<std::string> words{};  // the command line of tusk; empty: there is none
  // The differences from what Octane has asked for.
  std::vector<std::string> warnings{};
};

// An error says in one line why tusk cannot do it.
base::Result<OctaneCommand> octane_command(std::span<const std::string> words,
                                           const OctaneCall& call);

}  // namespace tusk::launcher
