#include "config/file/toml_rules.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "config/file/toml_file.h"

namespace tusk::config::file {
namespace {

using Kind = HeaderChange::Kind;

std::vector<Rule> rules(std::string_view text) {
  const FileContent content = parse_toml(text, "t.toml");
  EXPECT_TRUE(content.errors.empty()) << content.errors[0].message;
  return content.rules;
}

std::string error(std::string_view text) {
  const FileContent content = parse_toml(text, "t.toml");
  return content.errors.empty() ? "" : content.errors.front().message;
}

TEST(TomlRules, EveryKeyIsRead) {
  const auto read = rules(R"(fallback = "/index.php"

[[rules]]
path = "/old/**"
method = "GET"
host = ["a.example", "*.b.example"]
scheme = "http"
missing = true
redirect = "/new/$1"
status = 301

[[rules]]
regex = '^/x\d$'
deny = 404
set_headers = { "X-A" = "1" }
add_headers = { "Link" = "</a>" }
remove_headers = ["X-Powered-By"]

[[rules]]
rewrite = "/y"
)");
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read[0], (Rule{.where = "t.toml:3",
                           .path = "/old/**",
                           .methods = {"GET"},
                           .hosts = {"a.example", "*.b.example"},
                           .scheme = "http",
                           .missing = true,
                           .redirect = "/new/$1",
                           .redirect_status = 301}));
  EXPECT_EQ(read[1].where, "t.toml:12");
  EXPECT_EQ(read[1].regex, "^/x\\d$");
  EXPECT_EQ(read[1].deny_status, 404);
  ASSERT_EQ(read[1].headers.size(), 3U);
  EXPECT_EQ(read[2].rewrite, "/y");
}

TEST(TomlRules, DenyMayBeTrue) {
  EXPECT_EQ(rules("[[rules]]\ndeny = true")[0].deny_status, 403);
  EXPECT_EQ(rules("[[rules]]\ndeny = false")[0].deny_status, 0);
  EXPECT_EQ(rules("[[rules]]\ndeny = 99999")[0].deny_status, -1) << "refused when compiled";
}

TEST(TomlRules, MistakesHaveTheirLine) {
  EXPECT_EQ(error("[[rules]]\npath = '/'\nredirct = '/a'"),
            "t.toml:3: unknown key 'redirct' in a rule; did you mean redirect?");
  EXPECT_EQ(error("[[rules]]\nlocation = '/'"),
            "t.toml:2: unknown key 'location' in a rule; did you mean path?");
  EXPECT_EQ(error("[[rules]]\n\npath = 3"), "t.toml:3: a rule's path must be text, and not empty");
  EXPECT_EQ(error("[[rules]]\nmethod = [1]"),
            "t.toml:2: a rule's method must be text, and not empty");
  EXPECT_EQ(error("[[rules]]\nmissing = 1"), "t.toml:2: a rule's missing must be true or false");
  EXPECT_EQ(error("[[rules]]\nset_headers = 'x'"),
            "t.toml:2: a rule's set_headers must be a table: set_headers = { \"X-Name\" = "
            "\"value\" }");
  EXPECT_EQ(error("[[rules]]\nstatus = 301\npath = '/'"),
            "t.toml:2: status belongs to a rule with redirect");
  EXPECT_EQ(error("[[rules]]\nstatus = 404\ndeny = true"),
            "t.toml:2: write deny = 404 in place of status");
  EXPECT_EQ(error("[rules]\npath = '/'"),
            "t.toml:1: rules are written as [[rules]], each with its keys below it");
  EXPECT_EQ(error("[[rule]]\npath = '/'"), "t.toml:1: unknown key 'rule'; did you mean [[rules]]?");
  EXPECT_EQ(error("[[rules]]\npath = \"/a\\n\""),
            "t.toml:2: a rule's path contains a control character");
}

TEST(TomlRules, AreWrittenAsTheyAreRead) {
  const Rule rule{
      .where = "t.toml:1",
      .regex = "^/\"\\d",
      .methods = {"GET", "POST"},
      .hosts = {"a"},
      .scheme = "https",
      .missing = true,
      .redirect = "/$1",
      .redirect_status = 308,
      .headers = {{Kind::kSet, "A", "1"}, {Kind::kAdd, "B", "2"}, {Kind::kRemove, "C"}}};
  auto read = rules("[[rules]]\n" + to_toml(rule, "\n"));
  ASSERT_EQ(read.size(), 1U);
  std::ranges::sort(read[0].headers, {}, &HeaderChange::name);
  EXPECT_EQ(read[0], rule);
}

}  // namespace
}  // namespace tusk::config::file
