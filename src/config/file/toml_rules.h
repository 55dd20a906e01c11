// Reads the array of tables [[rules]] of a configuration file to Rules.
//
// Only the types of values are checked here. Patterns and statuses are checked when the rules are
// compiled (rules/rule_set.h); Rule::where tells that code the lines.
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <vector>

#include "config/file/toml_value.h"
#include "config/rule.h"

namespace tusk::config::file {

// `path` names the file in Rule::where.
std::vector<Rule> read_rules(const toml::node& node, const std::string& path, const Report& error);

}  // namespace tusk::config::file
