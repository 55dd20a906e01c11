// Reads the array of tables [[rules]] of a configuration file to Rules.
//
// Only the types of values are checked here. Patterns and statuses are checked when the rules are
// compiled (rules/rule_set.h); Rule::where tells that code the lines.
//
// Thread: any; pure functions.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "config/rule.h"

// Without exceptions, a syntax error is a return value.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace tusk::config::file {

// Reports a mistake at a line.
using RuleError = std::function<void(toml::source_index line, const std::string& message)>;

// `path` names the file in Rule::where.
std::vector<Rule> read_rules(const toml::node& node, const std::string& path,
                             const RuleError& error);

}  // namespace tusk::config::file
