// The environment to assignments, by the option table; and a warning for a variable that is very
// likely meant for tusk but is not one of its names.
//
// Thread: any; pure function. Nothing is read from the process.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "config/origin.h"

namespace tusk::config {

struct Environment {
  std::vector<Assignment> assignments;
  std::vector<std::string> warnings;
};

// `variables` are NAME=value, as in environ. An empty value counts as not set: container tools pass
// one for every variable that they know and the user did not give.
Environment parse_environment(std::span<const std::string> variables);

}  // namespace tusk::config
