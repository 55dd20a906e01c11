// Parses environment variables to assignments, by the option table.
//
// Thread: any; pure functions. They read nothing from the process.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/origin.h"

namespace tusk::config {

// The assignments that environment variables make, and warnings of variables that are very likely
// misspelt names of tusk's. Each option has a second variable with TUSK_ in front, for places where
// the first means something to another program too.
struct Environment {
  std::vector<Assignment> assignments;
  std::vector<std::string> warnings;
};

// `variables` are NAME=value, as in environ. An empty value counts as not set: container tools pass
// empty variables for every setting that the user has not given.
Environment parse_environment(std::span<const std::string> variables);

// Whether a variable of this name is likely to belong to another program or to the application.
bool is_common_name(std::string_view name);

// "TUSK_ACCESS_LOG".
std::string own_name(const Option& option);

}  // namespace tusk::config
