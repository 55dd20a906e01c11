// load(): the effective configuration from everything that was given. Each value is the one of the
// flag, else of the environment, else of the file, else the default.
//
// Thread: main, at start and for a reload. It reads the configuration file and looks at the paths
// that are named; a Loaded is plain data.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "config/machine.h"
#include "config/origin.h"
#include "config/settings.h"

namespace tusk::config {

struct Sources {
  std::vector<Assignment> flags;
  std::vector<std::string> environment;  // NAME=value
  std::string working_directory;         // what relative paths outside the file are relative to
  Machine machine;
  bool incomplete = false;  // there were flags that mean nothing: perhaps one of those meant more
};

struct Loaded {
  Settings settings;
  std::vector<Origin> origins;      // of option_table(), in their order
  std::vector<Origin> php_origins;  // of settings.php, in its order
  std::vector<Problem> errors;      // all of them; empty: the settings can be used
  std::vector<std::string> warnings;
  // What is known to be wrong, so that nothing is said of what follows from it.
  std::vector<const Option*> unusable;  // their values are the defaults, or lead nowhere
  bool incomplete = false;              // something that was given is nobody's value
};

Loaded load(const Sources& sources);

const Origin& origin_of(const Loaded& loaded, const Option& option);

// The defaults alone, with no file system looked at: for tests of other folders.
Settings default_settings(const Machine& machine = {});

}  // namespace tusk::config
