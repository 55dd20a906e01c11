// The options of `tusk profile`.
//
// Thread: any; pure functions.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "observe/profile/format.h"

namespace tusk::console::profile {

struct ProfileOptions {
  double seconds = 30;
  observe::profile::Format format = observe::profile::Format::kFlameGraph;
  observe::profile::Clock clock = observe::profile::Clock::kWall;
  std::string path;    // a glob; empty: all requests
  std::string script;  // the same
  std::string pool;    // its name; empty: all pools
  std::string output;  // empty: standard output if it is no terminal, else a name is made
};

// By the flags' long names. An error is every mistake.
using FlagValues = std::map<std::string, std::string, std::less<>>;
std::expected<ProfileOptions, std::vector<std::string>> read_options(const FlagValues& values);

// The text of --help about the options.
std::string options_help();

// The target of the request to a server process, which is to sample for `seconds`.
std::string request_target(const ProfileOptions& options, double seconds);

}  // namespace tusk::console::profile
