#include "rules/pattern.h"

#include <gtest/gtest.h>

namespace tusk::rules {
namespace {

bool fits(std::string_view glob, std::string_view text, GlobKind kind = GlobKind::kPath) {
  const auto read = read_glob(glob, kind);
  EXPECT_TRUE(read) << glob;
  if (!read) return false;
  const auto pattern = Pattern::compile("^(?:" + read->regex + ")$");
  EXPECT_TRUE(pattern) << read->regex;
  return pattern && pattern->matches(text);
}

TEST(Glob, WildcardsOfAPath) {
  EXPECT_TRUE(fits("/a/*.css", "/a/b.css"));
  EXPECT_FALSE(fits("/a/*.css", "/a/b/c.css")) << "not across a slash";
  EXPECT_TRUE(fits("/a/**.css", "/a/b/c.css"));
  EXPECT_TRUE(fits("/a/**", "/a/"));
  EXPECT_FALSE(fits("/a/**", "/a"));
  EXPECT_TRUE(fits("/a?", "/ab"));
  EXPECT_FALSE(fits("/a?b", "/a/b"));
  EXPECT_TRUE(fits("/[a-c]x", "/bx"));
  EXPECT_FALSE(fits("/[!a-c]x", "/bx"));
  EXPECT_FALSE(fits("/a[!b]c", "/a/c")) << "not across a slash";
  EXPECT_TRUE(fits("/[]]x", "/]x"));
  EXPECT_TRUE(fits("{/w,}/index.php", "/index.php"));
  EXPECT_TRUE(fits("{/w,}/index.php", "/w/index.php"));
  EXPECT_FALSE(fits("{/w,}/index.php", "/v/index.php"));
  EXPECT_TRUE(fits("/a,b", "/a,b"));
}

TEST(Glob, EverythingElseIsLiteral) {
  EXPECT_TRUE(fits("/a.b+(c)|$^", "/a.b+(c)|$^"));
  EXPECT_FALSE(fits("/a.b", "/axb"));
  EXPECT_TRUE(fits("/\\*", "/*"));
  EXPECT_FALSE(fits("/\\*", "/a"));
  EXPECT_TRUE(fits("*~", "x~", GlobKind::kName));
}

TEST(Glob, MistakesAreNamed) {
  for (const char* const glob : {"/[a", "/{a,b", "/a}", "/a\\", "/[z-a]", "/[/]", "/[[:alpha:]]"}) {
    EXPECT_FALSE(read_glob(glob, GlobKind::kPath)) << glob;
  }
}

TEST(Glob, ASetFitsNoSlash) {
  for (const char* const glob : {"/a[/x]c", "/a[+-9]c", "/a[!b]c", "/a[^b]c"}) {
    EXPECT_FALSE(fits(glob, "/a/c")) << glob;
  }
  EXPECT_TRUE(fits("/a[/x]c", "/axc"));
  EXPECT_TRUE(fits("/a[+-9]c", "/a0c"));
}

TEST(Glob, ASetIsOfBytes) {
  EXPECT_TRUE(fits("/[a^\\[-]", "/^"));
  EXPECT_TRUE(fits("/[a^\\[-]", "/\\"));
  EXPECT_TRUE(fits("/[a^\\[-]", "/["));
  EXPECT_TRUE(fits("/[a^\\[-]", "/-"));
  EXPECT_FALSE(fits("/[a^\\[-]", "/b"));
  EXPECT_TRUE(fits("/[!a]", "/\xff"));
  EXPECT_TRUE(fits("/[\xf0-\xff]", "/\xf5"));
  EXPECT_TRUE(fits("/[!]", "/!"));
}

TEST(Glob, SaysWhetherItMayEndWithASlash) {
  for (const char* const glob :
       {"/", "/a/", "/a\\/", "/a{/,b}", "/a/{,b}", "/{a{b/,c},d}", "{/,}"}) {
    EXPECT_TRUE(read_glob(glob, GlobKind::kPath)->may_end_with_slash) << glob;
  }
  for (const char* const glob :
       {"/a", "/a/*", "/a/**", "/a/?", "/a/[b]", "/{a/,}c", "/a/{b,c}", "{/w,}", "/a{b/,c}*"}) {
    EXPECT_FALSE(read_glob(glob, GlobKind::kPath)->may_end_with_slash) << glob;
  }
}

TEST(Pattern, FitsBytes) {
  const auto pattern = Pattern::compile("^/private/.*$");
  ASSERT_TRUE(pattern);
  EXPECT_TRUE(pattern->matches("/private/\xff\xc0"));
  EXPECT_TRUE(pattern->matches("/private/a\nb"));
  EXPECT_TRUE(pattern->matches(std::string_view("/private/\0b", 11)));
  EXPECT_FALSE(pattern->matches("/public/\n/private/"));
}

TEST(Pattern, SaysWhatItsGroupsFitted) {
  const auto pattern = Pattern::compile("^/(\\d+)/(x)?(.*)$");
  ASSERT_TRUE(pattern);
  EXPECT_EQ(pattern->groups(), 3U);
  Captures captures;
  ASSERT_TRUE(pattern->matches("/42/rest", captures));
  EXPECT_EQ(captures[0], "/42/rest");
  EXPECT_EQ(captures[1], "42");
  EXPECT_EQ(captures[2], "");
  EXPECT_EQ(captures[3], "rest");
  EXPECT_EQ(captures[4], "");
}

TEST(Pattern, TakesWhatRe2Takes) {
  EXPECT_FALSE(Pattern::compile("(a"));
  EXPECT_FALSE(Pattern::compile("(?=a)")) << "no look-ahead";
  EXPECT_FALSE(Pattern::compile("(a)\\1")) << "no back-reference";
  // Backtracking engines take exponential time for this.
  const auto nasty = Pattern::compile("^(a+)+$");
  ASSERT_TRUE(nasty);
  EXPECT_FALSE(nasty->matches(std::string(100'000, 'a') + "b"));
}

}  // namespace
}  // namespace tusk::rules
