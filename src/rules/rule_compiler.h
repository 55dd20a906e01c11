// RuleCompiler: checks and compiles rules.
//
// Thread: main, at load time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/rule_set.h"

namespace tusk::rules {

// A configuration that exceeds one of these is refused.
inline constexpr std::size_t kMaxRules = 256;
inline constexpr std::size_t kMaxHeadersOfARule = 32;
inline constexpr std::size_t kMaxHeaderBytes = 8 * 1024;
inline constexpr std::size_t kMaxTargetBytes = 2 * 1024;

// Checks and compiles the rules of the configuration. Every mistake is found when the configuration
// is loaded, so that applying rules to a request cannot fail.
class RuleCompiler {
 public:
  RuleSet::Compiled compile(const config::Rule& rule);
  // In the order in which they were found.
  std::vector<std::string> take_errors() { return std::move(errors_); }

 private:
  void compile_match(const config::Rule& rule, RuleSet::Compiled& out);
  void check_method(std::string_view method);
  void compile_action(const config::Rule& rule, RuleSet::Compiled& out);
  void compile_redirect(const config::Rule& rule, RuleSet::Compiled& out);
  void compile_rewrite(const config::Rule& rule, RuleSet::Compiled& out);
  void check_headers(const config::Rule& rule);
  TargetTemplate parse_target(std::string_view text, const RuleSet::Compiled& out);
  void error(std::string message);

  std::string where_;
  std::vector<std::string> errors_;
};

}  // namespace tusk::rules
