// The array of tables [[rules]] of a configuration file, to Rules; and Rules to such text again.
//
// Only the types of values are looked at here. Whether a pattern or a status is right is found when
// the rules are compiled (rules/rule_set.h), which knows their lines from Rule::where.
//
// Thread: any; pure functions.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "config/rule.h"

// Without exceptions, a syntax error is a value like any other.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace tusk::config::file {

// Reports what is wrong at a line.
using RuleError = std::function<void(toml::source_index line, const std::string& message)>;

// `path` is what Rule::where calls the file.
std::vector<Rule> read_rules(const toml::node& node, const std::string& path,
                             const RuleError& error);

}  // namespace tusk::config::file
