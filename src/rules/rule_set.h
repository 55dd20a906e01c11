// RuleSet: the [[rules]] of a configuration, compiled: what is answered before anything is looked
// up, which path is looked up in place of the one that was asked for, and which header fields a
// response gets.
//
// Rules are gone through in the order of the file. Those that fit collect their changes of header
// fields; a rewrite changes the path for the rules behind it; a redirect or a denial ends it.
//
// Owner: the site that is routed by it (site/site.h). Immutable once compiled; thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/rule.h"
#include "rules/header_changes.h"
#include "rules/pattern.h"
#include "rules/target_template.h"

namespace tusk::rules {

// A request as far as rules look at it.
struct RuledRequest {
  std::string_view method;
  std::string_view host;  // as the client wrote it, with its port
  std::string_view scheme;
  std::string_view path;   // decoded
  std::string_view query;  // as sent
  bool has_query = false;
};

// What the rules have decided, besides header fields.
struct Decision {
  enum class Kind : std::uint8_t { kNone, kRedirect, kDeny, kRewrite };

  Kind kind = Kind::kNone;
  int status = 0;                    // of a redirect or a denial
  std::string location;              // of a redirect
  std::string path;                  // of a rewrite: decoded and normalised
  std::optional<std::string> query;  // of a rewrite that has one, what was sent appended
};

// When a rule is looked at.
enum class Phase : std::uint8_t {
  kFirst,    // before anything is looked up
  kMissing,  // once there is neither a file nor a script
};

// Told of each rule that fitted, for `tusk route`.
class RuleObserver {
 public:
  virtual void on_rule(const config::Rule& rule, const Decision& so_far) = 0;

 protected:
  ~RuleObserver() = default;
};

class RuleSet {
 public:
  RuleSet() = default;
  RuleSet(RuleSet&&) noexcept = default;
  RuleSet& operator=(RuleSet&&) noexcept = default;

  // Fails with a line for each mistake, each beginning with where the rule stands.
  static std::expected<RuleSet, std::vector<std::string>> compile(
      std::span<const config::Rule> rules);

  bool empty() const { return rules_.empty(); }
  // `changes` collects; it refers to this RuleSet.
  Decision decide(const RuledRequest& request, Phase phase, HeaderChanges& changes,
                  RuleObserver* observer = nullptr) const;

 private:
  struct Compiled;
  friend class RuleCompiler;

  static bool fits(const Compiled& rule, const RuledRequest& request, std::string_view path,
                   Captures& captures);
  static void act(const Compiled& rule, const RuledRequest& request, TemplateValues& values,
                  Decision& decision);

  std::vector<Compiled> rules_;
};

struct RuleSet::Compiled {
  config::Rule rule;
  std::optional<Pattern> pattern;
  std::vector<Pattern> hosts;
  bool needs_captures = false;
  TargetTemplate target;  // of the redirect, or the rewrite's path
  TargetTemplate query;   // of the rewrite
  bool has_query = false;
  bool keeps_query = false;  // what was sent is appended to the target
};

}  // namespace tusk::rules
