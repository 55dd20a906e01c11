#include "http/target.h"

#include <string_view>

#include <gtest/gtest.h>

namespace tusk::http {
namespace {

using namespace std::string_view_literals;

TEST(Target, SplitsItsForms) {
  struct Case {
    std::string_view text, method;
    TargetForm form;
    std::string_view path, query, authority;
    bool has_query;
  };
  const Case cases[] = {
      {"/", "GET", TargetForm::kOrigin, "/", "", "", false},
      {"/a/b?c=d?e/f", "GET", TargetForm::kOrigin, "/a/b", "c=d?e/f", "", true},
      {"/a?", "GET", TargetForm::kOrigin, "/a", "", "", true},
      {"//host/a", "GET", TargetForm::kOrigin, "//host/a", "", "", false},
      {"/http://x", "GET", TargetForm::kOrigin, "/http://x", "", "", false},
      {"/%zz", "GET", TargetForm::kOrigin, "/%zz", "", "", false},  // path.h refuses it
      {"/a|b[c]{d}\"\\^`<>", "GET", TargetForm::kOrigin, "/a|b[c]{d}\"\\^`<>", "", "", false},
      {"*", "OPTIONS", TargetForm::kAsterisk, "*", "", "", false},
      {"http://h", "GET", TargetForm::kAbsolute, "", "", "h", false},
      {"HTTPS://h:1/?q", "GET", TargetForm::kAbsolute, "/", "q", "h:1", true},
      {"http://h?q", "GET", TargetForm::kAbsolute, "", "q", "h", true},
      {"http://[::1]:80/a", "GET", TargetForm::kAbsolute, "/a", "", "[::1]:80", false},
  };
  for (const Case& c : cases) {
    const auto target = split_target(c.text, c.method);
    ASSERT_TRUE(target.has_value()) << c.text;
    EXPECT_EQ(target->form, c.form) << c.text;
    EXPECT_EQ(target->path, c.path) << c.text;
    EXPECT_EQ(target->query, c.query) << c.text;
    EXPECT_EQ(target->authority, c.authority) << c.text;
    EXPECT_EQ(target->has_query, c.has_query) << c.text;
  }
}

TEST(Target, Refuses) {
  const std::string_view bad[] = {
      ""sv,
      "*"sv,
      "a"sv,
      "?"sv,
      "/a b"sv,
      "/\t"sv,
      "/\0"sv,
      "/\x7f"sv,
      "/#"sv,
      "/a?b#c"sv,
      "h:80"sv,
      "http:"sv,
      "http://"sv,
      "http:///"sv,
      "http://u@h/"sv,
      "ftp://h/"sv,
      "://h/"sv,
      "http:/h"sv,
      "http://h:x/"sv,
      "http://?a"sv,
      "file:///etc/passwd"sv,
      "javascript:1"sv,
  };
  for (const auto text : bad) EXPECT_FALSE(split_target(text, "GET").has_value()) << text;
  EXPECT_FALSE(split_target("*x", "OPTIONS").has_value());
}

TEST(Target, Authorities) {
  for (const auto good :
       {"a"sv, "A-b.c_d~1"sv, "a:"sv, "a:0"sv, "a:65535"sv, "a:00080"sv, "127.0.0.1:80"sv,
        "[::1]"sv, "[::ffff:1.2.3.4]:8080"sv, "a%20b"sv, "x!$&'()*+,;=y"sv, "a."sv}) {
    EXPECT_TRUE(is_valid_authority(good)) << good;
  }
  for (const auto bad :
       {""sv,    ":"sv,   ":80"sv, "a:b"sv, "a:65536"sv, "a:1:2"sv,        "a:-1"sv,   "a: 1"sv,
        "a/"sv,  "a?"sv,  "u@a"sv, "a b"sv, "a\\b"sv,    "a%2"sv,          "a%zz"sv,   "[::1"sv,
        "::1"sv, "[]"sv,  "[:]"sv, "[1]"sv, "[::1]x"sv,  "[::1%25eth0]"sv, "[v1.a]"sv, "\xc3\xa9"sv,
        "a\0"sv, "a\"b"sv}) {
    EXPECT_FALSE(is_valid_authority(bad)) << bad;
  }
}

}  // namespace
}  // namespace tusk::http
