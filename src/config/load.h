// load(): the effective configuration. Flags override environment variables, which override the
// file, which overrides the defaults.
//
// Thread: main, at start. It reads the configuration file and checks the paths that are named; a
// Loaded is plain data.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/machine/machine.h"
#include "config/origin.h"
#include "config/settings.h"

namespace tusk::config {

struct Sources {
  std::vector<Assignment> flags;
  std::vector<std::string> environment;  // NAME=value
  std::string working_directory;         // for relative paths outside the file
  machine::Machine machine;
  // The text of the configuration file, if it has been read before.
  std::optional<std::string> file_text{};
  bool incomplete = false;  // some flags were not understood, so values may be missing
};

struct Loaded {
  Settings settings;
  std::vector<Origin> origins;      // one for each entry of option_table(), in its order
  std::vector<Origin> php_origins;  // one for each entry of settings.php, in its order
  std::vector<Problem> errors;      // empty: the settings can be used
  std::vector<std::string> warnings;
  // Known mistakes, so that their consequences are not reported too.
  std::vector<const Option*> unusable;   // options whose values were refused
  bool file_understood = true;           // false: it cannot be read, or is not TOML
  bool incomplete = false;               // something that was given belongs to no option
  std::optional<std::string> file_text;  // of the configuration file, if one is named
};

Loaded load(const Sources& sources);

const Origin& origin_of(const Loaded& loaded, const Option& option);

// The defaults as the table has them, 0 where a value is automatic.
Settings plain_defaults(const std::string& working_directory);

// The defaults alone, without access to the file system. For tests of other folders.
Settings default_settings(const machine::Machine& machine = {});

}  // namespace tusk::config
