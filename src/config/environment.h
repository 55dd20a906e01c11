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
// misspelt names of tusk's. Each option has a variable of tusk's own, TUSK_ and the name of its
// flag, which the documentation shows. Option::environment, an older name, is accepted too, with
// or without TUSK_ in front; the own name overrides it, and TUSK_ overrides none.
struct Environment {
  std::vector<Assignment> assignments;
  std::vector<std::string> warnings;
};

// `variables` are NAME=value, as in environ. An empty value counts as not set: container tools pass
// empty variables for every setting that the user has not given.
Environment parse_environment(std::span<const std::string> variables);

// Whether a variable of this name is likely to belong to another program or to the application.
bool is_common_name(std::string_view name);

// "TUSK_ACCESS_LOG", "TUSK_WORKERS".
std::string own_name(const Option& option);

// The option that a variable sets, by any of its names; nullptr: none.
const Option* find_by_variable(std::string_view name);

}  // namespace tusk::config
