#include "rules/rule_set.h"

#include <algorithm>

#include "http/path.h"
#include "rules/rule_compiler.h"

namespace tusk::rules {
namespace {

bool method_fits(const std::vector<std::string>& methods, std::string_view method) {
  return methods.empty() || std::ranges::find(methods, method) != methods.end() ||
         // A rule for GET also applies to HEAD.
         (method == "HEAD" && std::ranges::find(methods, "GET") != methods.end());
}

std::size_t rules_with_headers(std::span<const config::Rule> rules) {
  return static_cast<std::size_t>(
      std::ranges::count_if(rules, [](const config::Rule& rule) { return !rule.headers.empty(); }));
}

}  // namespace

std::expected<RuleSet, std::vector<std::string>> RuleSet::compile(
    std::span<const config::Rule> rules) {
  RuleSet set;
  RuleCompiler compiler;
  for (const config::Rule& rule : rules) set.rules_.push_back(compiler.compile(rule));
  std::vector<std::string> errors = compiler.take_errors();
  if (rules.size() > kMaxRules) {
    errors.push_back(rules[kMaxRules].where + ": more than " + std::to_string(kMaxRules) +
                     " rules");
  }
  if (rules_with_headers(rules) > kMaxHeaderRules) {
    errors.push_back(rules.back().where + ": more than " + std::to_string(kMaxHeaderRules) +
                     " rules with headers; one rule may have several headers");
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return set;
}

bool RuleSet::fits(const Compiled& rule, const RuledRequest& request, std::string_view path,
                   Captures& captures) {
  if (!method_fits(rule.rule.methods, request.method)) return false;
  if (!rule.rule.scheme.empty() && rule.rule.scheme != request.scheme) return false;
  if (!rule.hosts.empty()) {
    const auto names = [&](const Pattern& pattern) { return pattern.matches(request.host_name); };
    if (std::ranges::none_of(rule.hosts, names)) return false;
  }
  if (!rule.pattern) {
    captures = {};
    captures[0] = path;
    return true;
  }
  return rule.needs_captures ? rule.pattern->matches(path, captures) : rule.pattern->matches(path);
}

void RuleSet::act(const Compiled& rule, const RuledRequest& request, TemplateValues& values,
                  Decision& decision) {
  if (rule.rule.deny_status != 0) {
    decision.kind = Decision::Kind::kDeny;
    decision.status = rule.rule.deny_status;
  } else if (!rule.rule.redirect.empty()) {
    decision.kind = Decision::Kind::kRedirect;
    decision.status = rule.rule.redirect_status;
    decision.location.clear();
    if (request.host.empty() && rule.target.uses_host()) {  // HTTP/1.0 without Host
      decision.kind = Decision::Kind::kDeny;
      decision.status = 400;
      return;
    }
    rule.target.expand(values, TargetTemplate::Form::kEscaped, decision.location);
    // "//host" would be the address of another site, made from the client's input (RFC 3986 §4.2).
    if (!rule.target.literal_start().starts_with("//")) {
      while (decision.location.starts_with("//")) decision.location.erase(0, 1);
    }
    if (rule.keeps_query && request.has_query) {
      decision.location.append("?").append(request.query);
    }
  } else if (!rule.rule.rewrite.empty()) {
    std::string path;
    rule.target.expand(values, TargetTemplate::Form::kDecoded, path);
    // The rewrite made an invalid path from the client's input: 400.
    if (!http::normalize_path(path)) {
      decision.kind = Decision::Kind::kDeny;
      decision.status = 400;
      return;
    }
    if (rule.has_query) {
      std::string query;
      rule.query.expand(values, TargetTemplate::Form::kEscaped, query);
      const std::string_view sent =
          decision.query ? std::string_view(*decision.query) : request.query;
      if (rule.keeps_query && !sent.empty()) query.append(query.empty() ? "" : "&").append(sent);
      decision.query = std::move(query);
    }
    decision.kind = Decision::Kind::kRewrite;
    decision.path = std::move(path);
  }
}

Decision RuleSet::decide(const RuledRequest& request, Phase phase, HeaderChanges& changes,
                         RuleObserver* observer) const {
  Decision decision;
  TemplateValues values;
  values.host = request.host;
  values.query = request.query;
  values.scheme = request.scheme;
  std::string path(request.path);  // a copy, because a rewrite changes it
  for (const Compiled& rule : rules_) {
    if (rule.rule.missing != (phase == Phase::kMissing)) continue;
    if (!fits(rule, request, path, values.captures)) continue;
    values.path = path;
    changes.collect(rule.rule.headers);
    act(rule, request, values, decision);
    if (observer != nullptr) observer->on_rule(rule.rule, decision);
    if (decision.kind == Decision::Kind::kRewrite) path = decision.path;
    if (decision.kind == Decision::Kind::kRedirect || decision.kind == Decision::Kind::kDeny) break;
    // After the first rewrite of a missing path, that path is looked up: nothing is missing any
    // more.
    if (phase == Phase::kMissing && decision.kind == Decision::Kind::kRewrite) break;
  }
  return decision;
}

}  // namespace tusk::rules
