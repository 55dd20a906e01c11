#include "rules/rule_compiler.h"

#include <algorithm>

#include "http/token.h"

namespace tusk::rules {
namespace {

// Fields about the length and encoding of a message, on which clients and caches rely: only the
// server sets them.
constexpr std::string_view kNotARules[] = {"connection",    "content-encoding",  "content-length",
                                           "content-range", "keep-alive",        "te",
                                           "trailer",       "transfer-encoding", "upgrade"};

// Methods are case-sensitive (RFC 9110 §9.1): a rule for "get" would never match.
constexpr std::string_view kMethods[] = {"GET",   "HEAD",   "POST",    "PUT",
                                         "PATCH", "DELETE", "OPTIONS", "TRACE"};

// Whether all characters may be in a host name as clients send it (RFC 3986 §3.2.2, IDNA's ASCII
// form) or in a glob.
bool is_host_glob(std::string_view host) {
  constexpr std::string_view kOthers = "-._~*?[]{},!";
  return std::ranges::all_of(host, [&](char c) {
    const char low = static_cast<char>(c | 0x20);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || kOthers.contains(c);
  });
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

void RuleCompiler::error(std::string message) {
  errors_.push_back(where_ + ": " + std::move(message));
}

RuleSet::Compiled RuleCompiler::compile(const config::Rule& rule) {
  where_ = rule.where;
  RuleSet::Compiled out;
  out.rule = rule;
  compile_match(rule, out);
  compile_action(rule, out);
  check_headers(rule);
  return out;
}

void RuleCompiler::compile_match(const config::Rule& rule, RuleSet::Compiled& out) {
  std::string regex = rule.regex;
  if (!rule.path.empty()) {
    if (!rule.regex.empty()) return error("a rule cannot have both path and regex");
    const bool begins =
        rule.path.starts_with('/') || rule.path.starts_with('*') || rule.path.starts_with('{');
    if (!begins) return error("path '" + rule.path + "' must begin with a slash");
    const base::Result<Glob> glob = read_glob(rule.path, GlobKind::kPath);
    if (!glob) return error("path '" + rule.path + "' is not a glob: " + glob.error().message);
    regex = "^" + glob->regex + "$";
  }
  if (rule.path.size() > kMaxPatternBytes || rule.regex.size() > kMaxPatternBytes) {
    return error("a pattern may have at most " + std::to_string(kMaxPatternBytes) + " bytes");
  }
  if (!regex.empty()) {
    base::Result<Pattern> pattern = Pattern::compile(regex);
    if (!pattern) {
      return error("'" + (rule.path.empty() ? rule.regex : rule.path) +
                   "' is not a valid RE2 regular expression: " + pattern.error().message);
    }
    out.pattern = std::move(*pattern);
  }
  for (const std::string& host : rule.hosts) {
    const base::Result<Glob> glob = read_glob(host, GlobKind::kName);
    base::Result<Pattern> pattern =
        glob ? Pattern::compile("(?i)^" + glob->regex + "$") : std::unexpected(glob.error());
    if (!pattern) return error("host '" + host + "' is not a glob: " + pattern.error().message);
    if (host.find('/') != std::string::npos || host.find(':') != std::string::npos) {
      return error("host '" + host + "' must be a name alone, without a scheme or a port");
    }
    if (!is_host_glob(host)) {
      return error("host '" + host +
                   "' contains characters that no host name has; write an international " +
                   "name as it is sent: xn--...");
    }
    out.hosts.push_back(std::move(*pattern));
  }
  for (const std::string& method : rule.methods) check_method(method);
  if (!rule.scheme.empty() && rule.scheme != "http" && rule.scheme != "https") {
    error("scheme must be http or https");
  }
}

void RuleCompiler::check_method(std::string_view method) {
  const std::string quoted = "'" + std::string(method) + "'";
  if (!http::is_token(method)) return error(quoted + " is not a method");
  for (const std::string_view known : kMethods) {
    if (method != known && std::ranges::equal(method, known, {}, [](char c) {
          return c >= 'a' && c <= 'z' ? static_cast<char>(c - 0x20) : c;
        })) {
      error(quoted + " is not a method; did you mean " + std::string(known) + "?");
    }
  }
}

void RuleCompiler::compile_action(const config::Rule& rule, RuleSet::Compiled& out) {
  const int actions = (rule.redirect.empty() ? 0 : 1) + (rule.deny_status == 0 ? 0 : 1) +
                      (rule.rewrite.empty() ? 0 : 1);
  if (actions > 1) return error("a rule can have only one of redirect, rewrite and deny");
  if (actions == 0 && rule.headers.empty()) {
    return error(
        "a rule needs redirect, rewrite, deny, set_headers, add_headers or remove_headers");
  }
  if (!rule.redirect.empty()) compile_redirect(rule, out);
  if (!rule.rewrite.empty()) compile_rewrite(rule, out);
  if (rule.deny_status != 0 && (rule.deny_status < 400 || rule.deny_status > 599)) {
    error("deny must be true or a status from 400 to 599");
  }
  out.needs_captures = out.target.uses_captures() || out.query.uses_captures();
}

TargetTemplate RuleCompiler::parse_target(std::string_view text, const RuleSet::Compiled& out) {
  if (text.size() > kMaxTargetBytes) {
    error("a target may have at most " + std::to_string(kMaxTargetBytes) + " bytes");
    return {};
  }
  base::Result<TargetTemplate> target =
      TargetTemplate::parse(text, out.pattern ? out.pattern->groups() : 0);
  if (target) return std::move(*target);
  error(target.error().message);
  return {};
}

void RuleCompiler::compile_redirect(const config::Rule& rule, RuleSet::Compiled& out) {
  if (!is_redirect(rule.redirect_status)) {
    error("a redirect's status must be 301, 302, 303, 307 or 308");
  }
  std::string_view text = rule.redirect;
  const std::size_t mark = text.find('?');
  out.keeps_query = mark == std::string_view::npos;
  // A trailing question mark drops the query, like in nginx.
  if (mark == text.size() - 1) text.remove_suffix(1);
  const bool absolute = text.starts_with("http://") || text.starts_with("https://") ||
                        text.starts_with("$scheme://") || text.starts_with("${scheme}://");
  const bool from_root = text.starts_with('/') || text.starts_with("$path") ||
                         text.starts_with("${path}") || text.starts_with('$');
  if (!absolute && !from_root) {
    error("redirect '" + rule.redirect + "' must begin with /, http:// or https://");
  }
  // No URI has these (RFC 3986 §2), and browsers take "/\example.org" for another site.
  if (!http::is_field_value(text) || text.find_first_of(" \\") != std::string_view::npos) {
    error("redirect '" + rule.redirect + "' contains a space, a backslash or a control character");
  }
  out.target = parse_target(text, out);
}

void RuleCompiler::compile_rewrite(const config::Rule& rule, RuleSet::Compiled& out) {
  const std::string_view text = rule.rewrite;
  const std::size_t mark = text.find('?');
  if (!text.starts_with('/') && !text.starts_with('$')) {
    error("rewrite '" + rule.rewrite + "' must begin with a slash: it is a path of this site");
  }
  out.target = parse_target(text.substr(0, mark), out);
  if (mark == std::string_view::npos) return;
  out.has_query = true;
  out.keeps_query = mark + 1 < text.size();
  out.query = parse_target(text.substr(mark + 1), out);
}

void RuleCompiler::check_headers(const config::Rule& rule) {
  if (rule.headers.size() > kMaxHeadersOfARule) {
    error("a rule may have at most " + std::to_string(kMaxHeadersOfARule) + " headers");
  }
  for (const config::HeaderChange& change : rule.headers) {
    const bool own = std::ranges::any_of(
        kNotARules, [&](std::string_view name) { return http::equals_lower(change.name, name); });
    if (!http::is_token(change.name)) {
      error("'" + change.name + "' is not the name of a header");
    } else if (own) {
      error(change.name + " is set by the server and cannot be changed by a rule");
    } else if (!http::is_field_value(change.value)) {
      error("the value of " + change.name + " contains a control character");
    } else if (change.value.size() > kMaxHeaderBytes) {
      error("the value of " + change.name + " is too long");
    } else if (change.kind == config::HeaderChange::Kind::kRemove &&
               http::equals_lower(change.name, "vary")) {
      error("Vary cannot be removed: caches would give one client another's response");
    }
  }
}

}  // namespace tusk::rules
