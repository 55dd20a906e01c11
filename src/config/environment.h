// The environment to assignments, by the option table; and a warning for a variable that is very
// likely meant for tusk but is not one of its names. Each option has a second name, with TUSK_ in
// front of the first, for where the first means something to another program too.
//
// Thread: any; pure function. Nothing is read from the process.
#pragma once

#include <span>
#include <string>
#include <string_view>
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

// Whether a variable of that name is likely to be another program's or the application's own.
bool is_common_name(std::string_view name);

// "TUSK_ACCESS_LOG".
std::string own_name(const Option& option);

}  // namespace tusk::config
