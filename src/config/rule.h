// Rule: one [[rules]] entry of the configuration file, or of a preset, as it was written. What it
// means, and what may be in it, is rules/rule_set.h.
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
  std::string value{};  // of kRemove: empty

  bool operator==(const HeaderChange&) const = default;
};

struct Rule {
  std::string where{};  // "/etc/tusk.toml:12", "preset wordpress": for messages and tusk route

  // Which requests: everything that is given must fit.
  std::string path{};                  // glob of the whole path; empty: any
  std::string regex{};                 // RE2, in place of path
  std::vector<std::string> methods{};  // empty: any
  std::vector<std::string> hosts{};    // globs; empty: any
  std::string scheme{};                // http or https; empty: any
  bool missing = false;                // only where there is neither a file nor a script

  // What is done: at most one of the first three, and any number of headers.
  std::string redirect{};  // target; empty: no redirect
  int redirect_status = 302;
  int deny_status = 0;    // 0: not denied
  std::string rewrite{};  // path, perhaps with a query; empty: none
  std::vector<HeaderChange> headers{};

  bool operator==(const Rule&) const = default;
};

// The rule's keys as TOML, without its header [[rules]].
std::string to_toml(const Rule& rule, std::string_view separator = ", ");

}  // namespace tusk::config
