#include "http/path.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tusk::http {
namespace {

using namespace std::string_view_literals;

TEST(Path, Decodes) {
  struct Case {
    std::string_view raw, expected;
  };
  const Case cases[] = {
      {"/"sv, "/"sv},
      {"/a/b.php"sv, "/a/b.php"sv},
      {"/a/"sv, "/a/"sv},
      {"//"sv, "/"sv},
      {"//a///b//"sv, "/a/b/"sv},
      {"/."sv, "/"sv},
      {"/./"sv, "/"sv},
      {"/a/."sv, "/a/"sv},
      {"/a/./b"sv, "/a/b"sv},
      {"/a/.."sv, "/"sv},
      {"/a/../"sv, "/"sv},
      {"/a/b/.."sv, "/a/"sv},
      {"/a/b/../c"sv, "/a/c"sv},
      {"/a/b/../../c"sv, "/c"sv},
      {"/a/./../b/./c/.."sv, "/b/"sv},
      {"/a//../b"sv, "/b"sv},
      {"/..."sv, "/..."sv},
      {"/..a/b../.c"sv, "/..a/b../.c"sv},
      {"/%41%7a%7A"sv, "/Azz"sv},
      {"/%2541"sv, "/%41"sv},
      {"/%252e%252e/"sv, "/%2e%2e/"sv},
      {"/a/%2e/b"sv, "/a/b"sv},
      {"/a/%2e%2E/b"sv, "/b"sv},
      {"/a/.%2e/b"sv, "/b"sv},
      {"/a%20b+c"sv, "/a b+c"sv},
      {"/a\\..\\b"sv, "/a\\..\\b"sv},
      {"/a%5c..%5cb"sv, "/a\\..\\b"sv},
      {"/a;x=1/b"sv, "/a;x=1/b"sv},
      {"/%c3%a9\xc3\xa9"sv, "/\xc3\xa9\xc3\xa9"sv},
      {"/a/%c0%ae%c0%ae/b"sv, "/a/\xc0\xae\xc0\xae/b"sv},  // overlong dots are not dots
      {"/a/..%c0%af/b"sv, "/a/..\xc0\xaf/b"sv},            // an overlong slash is none
      {"/%0d%0a"sv, "/\r\n"sv},
      {"/a%3fb%23c"sv, "/a?b#c"sv},
  };
  std::string out = "left over";
  for (const Case& c : cases) {
    const DecodedPath result = decode_path(c.raw, out);
    EXPECT_EQ(result.error, PathError::kNone) << c.raw;
    EXPECT_FALSE(result.encoded_slash) << c.raw;
    EXPECT_EQ(out, c.expected) << c.raw;
  }
}

TEST(Path, TellsOfEncodedSlashes) {
  struct Case {
    std::string_view raw, expected;
  };
  const Case cases[] = {
      {"/a%2fb"sv, "/a/b"sv},    {"/a%2F"sv, "/a/"sv},    {"/%2f%2fetc"sv, "/etc"sv},
      {"/a%2f..%2fb"sv, "/b"sv}, {"/a/..%2fb"sv, "/b"sv}, {"/a%2f%2e%2e"sv, "/"sv},
      {"/a%2F./b"sv, "/a/b"sv},
  };
  std::string out;
  for (const Case& c : cases) {
    const DecodedPath result = decode_path(c.raw, out);
    EXPECT_EQ(result.error, PathError::kNone) << c.raw;
    EXPECT_TRUE(result.encoded_slash) << c.raw;
    EXPECT_EQ(out, c.expected) << c.raw;
  }
  EXPECT_FALSE(decode_path("/a%252fb", out).encoded_slash);
}

TEST(Path, Refuses) {
  struct Case {
    std::string_view raw;
    PathError error;
  };
  const Case cases[] = {
      {""sv, PathError::kNotAbsolute},
      {"*"sv, PathError::kNotAbsolute},
      {"a"sv, PathError::kNotAbsolute},
      {"%2fa"sv, PathError::kNotAbsolute},
      {"/%"sv, PathError::kBadEscape},
      {"/%4"sv, PathError::kBadEscape},
      {"/%4g"sv, PathError::kBadEscape},
      {"/%g4"sv, PathError::kBadEscape},
      {"/%%41"sv, PathError::kBadEscape},
      {"/%u0041"sv, PathError::kBadEscape},
      {"/a%00.php"sv, PathError::kNulByte},
      {"/a\0"sv, PathError::kNulByte},
      {"/.."sv, PathError::kAboveRoot},
      {"/../"sv, PathError::kAboveRoot},
      {"/../etc/passwd"sv, PathError::kAboveRoot},
      {"/a/../../b"sv, PathError::kAboveRoot},
      {"/./../b"sv, PathError::kAboveRoot},
      {"//../b"sv, PathError::kAboveRoot},
      {"/%2e%2e/b"sv, PathError::kAboveRoot},
      {"/%2e./b"sv, PathError::kAboveRoot},
      {"/..%2fb"sv, PathError::kAboveRoot},
      {"/..%2f..%2fb"sv, PathError::kAboveRoot},
      {"/a/../..%2f/b"sv, PathError::kAboveRoot},
  };
  std::string out;
  for (const Case& c : cases) {
    EXPECT_EQ(decode_path(c.raw, out).error, c.error) << c.raw;
    EXPECT_EQ(http_status(c.error), 400);
    EXPECT_FALSE(describe(c.error).empty());
  }
}

TEST(Path, BytesAreEscapedInUrls) {
  std::string path;
  append_encoded_path("/a b/ä?.~-_", path);
  EXPECT_EQ(path, "/a%20b/%C3%A4%3F.~-_");
  std::string segment;
  append_encoded_segment("a/b:c%", segment);
  EXPECT_EQ(segment, "a%2Fb%3Ac%25");
}

TEST(Path, HiddenSegments) {
  for (const auto hidden :
       {"/.git/config"sv, "/.env"sv, "/a/.htaccess"sv, "/a/.b/c"sv, "/..."sv, "/.well-knownx"sv,
        "/a/.well-known/b"sv, "/.well-known/.git"sv, "/.Well-Known/a"sv}) {
    EXPECT_TRUE(has_hidden_segment(hidden)) << hidden;
  }
  for (const auto shown :
       {"/"sv, "/a.b"sv, "/a./b."sv, "/.well-known"sv, "/.well-known/acme-challenge/x.y"sv}) {
    EXPECT_FALSE(has_hidden_segment(shown)) << shown;
  }
}

}  // namespace
}  // namespace tusk::http
