// Rules and lists of globs on arbitrary bytes: a compiled pattern is matched without a crash; a
// redirect that contains text from a client stays on the site and is a valid field; a rewrite is a
// path that may be looked up; and a denial applies to every path below the denied one.
//
// Input: pattern, target and path, each on a line; the rest is the host.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "http/path.h"
#include "http/response.h"
#include "rules/path_list.h"
#include "rules/rule_set.h"

namespace {

using tusk::config::Rule;
using namespace tusk::rules;

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

void check_decision(const Decision& decision, const std::string& target) {
  switch (decision.kind) {
    case Decision::Kind::kNone:
    case Decision::Kind::kDeny:
      return;
    case Decision::Kind::kRedirect: {
      tusk::http::ResponseHead head;
      TUSK_CHECK(head.add("Location", decision.location));
      if (!target.starts_with("//") && !target.starts_with("http") &&
          !target.starts_with("$scheme") && !target.starts_with("${scheme}")) {
        TUSK_CHECK(!decision.location.starts_with("//"));
        TUSK_CHECK(!decision.location.starts_with("/\\"));
      }
      return;
    }
    case Decision::Kind::kRewrite: {
      const std::string& path = decision.path;
      TUSK_CHECK(path.starts_with('/') && path.find('\0') == std::string::npos);
      TUSK_CHECK((path + "/").find("/../") == std::string::npos);
      TUSK_CHECK((path + "/").find("/./") == std::string::npos);
      TUSK_CHECK(path.find("//") == std::string::npos);
    }
  }
}

void decide(const Rule& rule, const std::string& path, std::string_view host) {
  const auto set = RuleSet::compile(std::vector<Rule>{rule});
  if (!set) return;
  for (const Phase phase : {Phase::kFirst, Phase::kMissing}) {
    HeaderChanges changes;
    const RuledRequest request{.method = "GET",
                               .host = host,
                               .host_name = host,
                               .scheme = "https",
                               .path = path,
                               .query = "q=1",
                               .has_query = true};
    check_decision(set->decide(request, phase, changes),
                   rule.redirect.empty() ? rule.rewrite : rule.redirect);
  }
}

void check_list(const std::string& glob, const std::string& path) {
  const std::vector<std::string> globs = {glob, "*~"};
  const auto list = PathList::compile(globs, PathList::Extent::kBeneath);
  if (!list || !list->contains(path)) return;
  TUSK_CHECK(list->contains(path.ends_with('/') ? path + "x" : path + "/x"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string pattern(take_line(text));
  const std::string target(take_line(text));
  std::string path;
  if (tusk::http::decode_path("/" + std::string(take_line(text)), path).error !=
      tusk::http::PathError::kNone) {
    return 0;
  }
  // A host as the parser accepts it.
  std::string host;
  for (const char c : text.substr(0, 64)) {
    if ((c >= 'a' && c <= 'z') || c == '.' || c == ':') host += c;
  }
  decide({.where = "f", .regex = pattern, .redirect = target}, path, host);
  decide({.where = "f", .path = pattern, .redirect = target, .redirect_status = 301}, path, host);
  decide({.where = "f", .regex = pattern, .rewrite = target}, path, host);
  decide({.where = "f", .path = pattern, .missing = true, .rewrite = target}, path, host);
  decide({.where = "f", .hosts = {pattern}, .deny_status = 403}, path, host);
  check_list(pattern, path);
  return 0;
}
