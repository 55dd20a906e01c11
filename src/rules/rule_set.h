// RuleSet: the compiled [[rules]] of a configuration.
//
// Owner: the site that they are for (site/site.h). Immutable once compiled; thread: any.
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

// The parts of a request that rules test.
struct RuledRequest {
  std::string_view method;
  std::string_view host;       // as sent, with its port: for redirects
  std::string_view host_name;  // http::RequestOrigin::host: for the rules' hosts
  std::string_view scheme;
  std::string_view path;   // decoded
  std::string_view query;  // as sent
  bool has_query = false;
};

// The decision of the rules, apart from header fields.
struct Decision {
  enum class Kind : std::uint8_t { kNone, kRedirect, kDeny, kRewrite };

  Kind kind = Kind::kNone;
  int status = 0;                    // for kRedirect and kDeny
  std::string location;              // for kRedirect
  std::string path;                  // for kRewrite: decoded and normalised
  std::optional<std::string> query;  // for kRewrite with a query; the request's query is appended
};

// When a rule applies.
enum class Phase : std::uint8_t {
  kFirst,    // before anything is looked up
  kMissing,  // when neither a file nor a script was found
};

// Is called for each rule that matched, for `tusk route`.
class RuleObserver {
 public:
  virtual void on_rule(const config::Rule& rule, const Decision& so_far) = 0;

 protected:
  ~RuleObserver() = default;
};

// Rules answer a request before files are looked up (redirect, deny), replace the path that is
// looked up (rewrite), and change header fields of the response. They apply in the order of the
// file. Matching rules add their header fields; a rewrite changes the path for the rules after it;
// a redirect or a denial ends the list.
class RuleSet {
 public:
  RuleSet() = default;
  RuleSet(RuleSet&&) noexcept = default;
  RuleSet& operator=(RuleSet&&) noexcept = default;

  // On failure returns one line for each mistake, which begins with the rule's place in the file.
  static std::expected<RuleSet, std::vector<std::string>> compile(
      std::span<const config::Rule> rules);

  bool empty() const { return rules_.empty(); }
  // Adds to `changes`, which then refers to this RuleSet.
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
  TargetTemplate target;  // of the redirect, or of the rewrite's path
  TargetTemplate query;   // of the rewrite
  bool has_query = false;
  bool keeps_query = false;  // appends the request's query to the target
};

}  // namespace tusk::rules
