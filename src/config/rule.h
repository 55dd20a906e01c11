// Rule: a rule of the configuration, as text.
//
// Thread: any; values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tusk::config {

struct HeaderChange {
  enum class Kind { kSet, kAdd, kRemove };

  Kind kind = Kind::kSet;
  std::string name{};
  std::string value{};  // empty with kRemove

  bool operator==(const HeaderChange&) const = default;
};

// One [[rules]] entry of the configuration file, or of a preset, as it was written.
// rules/rule_set.h says what it means and what may be in it.
struct Rule {
  std::string where{};  // "/etc/tusk.toml:12" or "preset wordpress", for messages and tusk route

  // Conditions: a request must meet all that are given.
  std::string path{};                  // glob for the whole path; empty: any path
  std::string regex{};                 // RE2, instead of path
  std::vector<std::string> methods{};  // empty: any
  std::vector<std::string> hosts{};    // globs; empty: any
  std::string scheme{};                // http or https; empty: any
  bool missing = false;                // only if there is neither a file nor a script

  // Actions: at most one of redirect, deny and rewrite, and any number of headers.
  std::string redirect{};  // target; empty: no redirect
  int redirect_status = 302;
  int deny_status = 0;    // 0: not denied
  std::string rewrite{};  // path, with or without a query; empty: no rewrite
  std::vector<HeaderChange> headers{};

  bool operator==(const Rule&) const = default;
};

// The rule's keys as TOML, without its header [[rules]].
std::string to_toml(const Rule& rule, std::string_view separator = ", ");

}  // namespace tusk::config
