#include "rules/rule_set.h"

#include <gtest/gtest.h>

#include "http/request_origin.h"

namespace tusk::rules {
namespace {

using config::HeaderChange;
using config::Rule;

struct Ask {
  std::string path = "/";
  std::string method = "GET";
  std::string host = "example.org";
  std::string scheme = "http";
  std::string query = {};
  Phase phase = Phase::kFirst;
};

// "redirect 302 /x", "deny 403", "rewrite /x?q" or "", followed by the fields that are set.
std::string decide(const std::vector<Rule>& rules, const Ask& ask) {
  const auto set = RuleSet::compile(rules);
  if (!set) return set.error().front();
  http::RequestHead request;
  request.authority = request.append(ask.host);
  http::RequestOrigin origin;
  http::settle_host(request, origin);
  HeaderChanges changes;
  const Decision decision = set->decide({.method = ask.method,
                                         .host = ask.host,
                                         .host_name = request.view(origin.host),
                                         .scheme = ask.scheme,
                                         .path = ask.path,
                                         .query = ask.query,
                                         .has_query = !ask.query.empty()},
                                        ask.phase, changes);
  std::string text;
  switch (decision.kind) {
    case Decision::Kind::kNone:
      break;
    case Decision::Kind::kRedirect:
      text = "redirect " + std::to_string(decision.status) + " " + decision.location;
      break;
    case Decision::Kind::kDeny:
      text = "deny " + std::to_string(decision.status);
      break;
    case Decision::Kind::kRewrite:
      text = "rewrite " + decision.path + (decision.query ? "?" + *decision.query : "");
      break;
  }
  http::ResponseHead head;
  changes.apply(head);
  for (const http::HeaderField& field : head.fields) {
    text += " [" + std::string(head.view(field.name)) + ": " + std::string(head.view(field.value)) +
            "]";
  }
  return text;
}

Rule redirect(std::string regex, std::string target, int status = 302) {
  return {.regex = std::move(regex), .redirect = std::move(target), .redirect_status = status};
}

TEST(RuleSet, NothingFits) {
  EXPECT_EQ(decide({}, {}), "");
  EXPECT_EQ(decide({{.path = "/a", .deny_status = 403}}, {.path = "/b"}), "");
}

TEST(RuleSet, Redirects) {
  const std::vector<Rule> rules = {redirect("^/blog/(\\d+)/(.*)$", "/news/$1/$2", 301)};
  EXPECT_EQ(decide(rules, {.path = "/blog/7/x"}), "redirect 301 /news/7/x");
  EXPECT_EQ(decide(rules, {.path = "/blog/7/ä b"}), "redirect 301 /news/7/%C3%A4%20b");
  EXPECT_EQ(decide(rules, {.path = "/blog/7/x", .query = "a=1&b"}), "redirect 301 /news/7/x?a=1&b");
  EXPECT_EQ(decide({redirect("^/a$", "/b?x=1")}, {.path = "/a", .query = "y"}),
            "redirect 302 /b?x=1");
  EXPECT_EQ(decide({redirect("^/a$", "/b?")}, {.path = "/a", .query = "y"}), "redirect 302 /b");
  EXPECT_EQ(decide({{.path = "/old/**", .redirect = "/new/$1"}}, {.path = "/old/a/b"}),
            "redirect 302 /new/a/b");
}

TEST(RuleSet, RedirectsToAnotherSchemeOrHost) {
  Rule https{.scheme = "http", .redirect = "https://$host$path", .redirect_status = 301};
  EXPECT_EQ(decide({https}, {.path = "/a b", .query = "q=1"}),
            "redirect 301 https://example.org/a%20b?q=1");
  EXPECT_EQ(decide({https}, {.scheme = "https"}), "");
  EXPECT_EQ(decide({https}, {.host = ""}), "deny 400") << "HTTP/1.0 without Host";
  Rule bare{.hosts = {"example.org"}, .redirect = "https://www.example.org$path"};
  EXPECT_EQ(decide({bare}, {.path = "/x", .host = "EXAMPLE.org.:8080"}),
            "redirect 302 https://www.example.org/x");
  EXPECT_EQ(decide({bare}, {.path = "/x", .host = "www.example.org"}), "");
}

// The client's input must not become the host of the Location.
TEST(RuleSet, ARedirectStaysOnTheSite) {
  EXPECT_EQ(decide({redirect("^/old(.*)$", "/$1")}, {.path = "/old/evil.com"}),
            "redirect 302 /evil.com");
  EXPECT_EQ(decide({redirect("^/old/(.*)$", "$1")}, {.path = "/old/http://evil.com"}),
            "redirect 302 http%3A//evil.com");
  EXPECT_EQ(decide({redirect("^/old(.*)$", "$1")}, {.path = "/old/\\evil.com"}),
            "redirect 302 /%5Cevil.com");
  EXPECT_EQ(decide({redirect("^/old(.*)$", "$1")}, {.path = "/old/\r\nSet-Cookie: a"}),
            "redirect 302 /%0D%0ASet-Cookie%3A%20a");
}

TEST(RuleSet, Rewrites) {
  const std::vector<Rule> rules = {
      {.regex = "^/_media/(.*)$", .rewrite = "/lib/exe/fetch.php?media=$1"}};
  EXPECT_EQ(decide(rules, {.path = "/_media/a:b c.png"}),
            "rewrite /lib/exe/fetch.php?media=a%3Ab%20c.png");
  EXPECT_EQ(decide(rules, {.path = "/_media/x&y=1", .query = "w=2"}),
            "rewrite /lib/exe/fetch.php?media=x%26y%3D1&w=2");
  EXPECT_EQ(decide({{.path = "/a/**", .rewrite = "/b/$1"}}, {.path = "/a/c d", .query = "q"}),
            "rewrite /b/c d")
      << "the query stays by itself";
  EXPECT_EQ(decide({{.regex = "^/x(.*)$", .rewrite = "/y/$1"}}, {.path = "/x/z"}), "rewrite /y/z");
  EXPECT_EQ(decide({{.regex = "^/x(.*)$", .rewrite = "/y/.$1./z"}}, {.path = "/x"}), "rewrite /z")
      << "what is put together is normalised";
  EXPECT_EQ(decide({{.regex = "^/x(.*)$", .rewrite = "/.$1./z"}}, {.path = "/x"}), "deny 400");
}

TEST(RuleSet, RulesGoInOrder) {
  const std::vector<Rule> rules = {
      {.path = "/a", .rewrite = "/b"},
      {.path = "/b", .rewrite = "/c?n=1"},
      {.path = "/c", .rewrite = "/d?m=2"},
      {.path = "/d", .deny_status = 410},
      {.deny_status = 403},
  };
  EXPECT_EQ(decide(rules, {.path = "/a"}), "deny 410");
  EXPECT_EQ(decide({rules.begin(), rules.begin() + 3}, {.path = "/a", .query = "q"}),
            "rewrite /d?m=2&n=1&q");
  EXPECT_EQ(decide(rules, {.path = "/x"}), "deny 403");
}

TEST(RuleSet, MethodsAndHosts) {
  const std::vector<Rule> rules = {
      {.methods = {"GET"}, .hosts = {"*.example.org"}, .deny_status = 403}};
  EXPECT_EQ(decide(rules, {.host = "www.example.org"}), "deny 403");
  EXPECT_EQ(decide(rules, {.method = "HEAD", .host = "a.b.Example.org:81"}), "deny 403");
  EXPECT_EQ(decide(rules, {.method = "POST", .host = "www.example.org"}), "");
  EXPECT_EQ(decide(rules, {.host = "example.org"}), "");
  EXPECT_EQ(decide(rules, {.host = "wwwxexample.org"}), "");
}

TEST(RuleSet, HeadersCollect) {
  const std::vector<Rule> rules = {
      {.headers = {{HeaderChange::Kind::kSet, "X-A", "1"}}},
      {.path = "/a",
       .headers = {{HeaderChange::Kind::kSet, "X-A", "2"}, {HeaderChange::Kind::kAdd, "X-B", "3"}}},
      {.path = "/a/b", .headers = {{HeaderChange::Kind::kRemove, "X-A", ""}}},
      {.path = "/x",
       .deny_status = 401,
       .headers = {{HeaderChange::Kind::kSet, "WWW-Authenticate", "Basic"}}},
  };
  EXPECT_EQ(decide(rules, {.path = "/"}), " [X-A: 1]");
  EXPECT_EQ(decide(rules, {.path = "/a"}), " [X-A: 2] [X-B: 3]");
  EXPECT_EQ(decide(rules, {.path = "/a/b"}), "");
  EXPECT_EQ(decide(rules, {.path = "/x"}), "deny 401 [X-A: 1] [WWW-Authenticate: Basic]");
}

TEST(RuleSet, VaryIsAddedTo) {
  const auto set = RuleSet::compile(
      std::vector<Rule>{{.headers = {{HeaderChange::Kind::kSet, "Vary", "Cookie"}}}});
  ASSERT_TRUE(set);
  HeaderChanges changes;
  RuledRequest request;
  request.path = "/";
  set->decide(request, Phase::kFirst, changes);
  http::ResponseHead head;
  head.add("Vary", "Accept-Encoding");
  changes.apply(head);
  EXPECT_EQ(head.fields.size(), 2U);
}

TEST(RuleSet, WhatIsMissingHasRulesOfItsOwn) {
  const std::vector<Rule> rules = {
      {.regex = "^/(.*)$", .missing = true, .rewrite = "/doku.php?id=$1"},
      {.missing = true, .deny_status = 410},
      {.path = "/first", .deny_status = 403},
  };
  EXPECT_EQ(decide(rules, {.path = "/page"}), "");
  EXPECT_EQ(decide(rules, {.path = "/first"}), "deny 403");
  EXPECT_EQ(decide(rules, {.path = "/wiki:page", .phase = Phase::kMissing}),
            "rewrite /doku.php?id=wiki%3Apage")
      << "the first one is looked up";
}

TEST(RuleSet, MistakesAreFoundAtLoad) {
  const auto error = [](Rule rule) {
    rule.where = "t.toml:7";
    return decide({rule}, {});
  };
  EXPECT_EQ(error({}),
            "t.toml:7: a rule needs redirect, rewrite, deny, set_headers, add_headers or "
            "remove_headers");
  EXPECT_EQ(error({.path = "/a", .regex = "b", .deny_status = 403}),
            "t.toml:7: a rule cannot have both path and regex");
  EXPECT_EQ(error({.path = "a", .deny_status = 403}), "t.toml:7: path 'a' must begin with a slash");
  EXPECT_EQ(error({.path = "/[", .deny_status = 403}),
            "t.toml:7: path '/[' is not a glob: '[' without ']'");
  EXPECT_TRUE(error({.regex = "(", .deny_status = 403})
                  .starts_with("t.toml:7: '(' is not a valid RE2 regular expression: "));
  EXPECT_EQ(error({.methods = {"GE T"}, .deny_status = 403}), "t.toml:7: 'GE T' is not a method");
  EXPECT_EQ(error({.methods = {"GET", "post"}, .deny_status = 403}),
            "t.toml:7: 'post' is not a method; did you mean POST?");
  EXPECT_EQ(decide({{.methods = {"purge"}, .deny_status = 403}}, {.method = "purge"}), "deny 403")
      << "an application's own may be in lower case";
  EXPECT_EQ(error({.hosts = {"example.org:80"}, .deny_status = 403}),
            "t.toml:7: host 'example.org:80' must be a name alone, without a scheme or a port");
  for (const std::string host : {"a b", "b\u00fccher.example"}) {
    EXPECT_TRUE(error({.hosts = {host}, .deny_status = 403})
                    .starts_with("t.toml:7: host '" + host + "' contains characters that no host"))
        << host;
  }
  EXPECT_EQ(error({.regex = "(a)", .redirect = "/$2"}),
            "t.toml:7: $2 is used, but the pattern has 1 group");
  EXPECT_EQ(error({.redirect = "/$uri"}),
            "t.toml:7: $uri is unknown: use $0 to $9, $host, $path, $query, $scheme or $$");
  EXPECT_EQ(error({.redirect = "www.example.org"}),
            "t.toml:7: redirect 'www.example.org' must begin with /, http:// or https://");
  EXPECT_EQ(
      error({.redirect = "/\\example.org"}),
      "t.toml:7: redirect '/\\example.org' contains a space, a backslash or a control character");
  EXPECT_EQ(error({.redirect = "/", .redirect_status = 200}),
            "t.toml:7: a redirect's status must be 301, 302, 303, 307 or 308");
  EXPECT_EQ(error({.deny_status = 200}), "t.toml:7: deny must be true or a status from 400 to 599");
  EXPECT_EQ(error({.redirect = "/", .deny_status = 403}),
            "t.toml:7: a rule can have only one of redirect, rewrite and deny");
  EXPECT_EQ(error({.rewrite = "index.php"}),
            "t.toml:7: rewrite 'index.php' must begin with a slash: it is a path of this site");
  EXPECT_EQ(error({.hosts = {"http://x"}, .deny_status = 403}),
            "t.toml:7: host 'http://x' must be a name alone, without a scheme or a port");
  EXPECT_EQ(error({.headers = {{HeaderChange::Kind::kSet, "Content-Length", "1"}}}),
            "t.toml:7: Content-Length is set by the server and cannot be changed by a rule");
  EXPECT_EQ(error({.headers = {{HeaderChange::Kind::kSet, "X A", "1"}}}),
            "t.toml:7: 'X A' is not the name of a header");
  EXPECT_TRUE(error({.headers = {{HeaderChange::Kind::kRemove, "Vary", ""}}})
                  .starts_with("t.toml:7: Vary cannot be removed"));
  EXPECT_EQ(decide(std::vector<Rule>(257, Rule{.where = "t", .deny_status = 403}), {}),
            "t: more than 256 rules");
}

}  // namespace
}  // namespace tusk::rules
