#include "observe/escape.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tusk::observe {
namespace {

using namespace std::string_view_literals;

std::string json(std::string_view text) {
  std::string out;
  append_json_escaped(out, text);
  return out;
}

std::string text(std::string_view text, Quoting quoting = Quoting::kNone) {
  std::string out;
  append_text_escaped(out, text, quoting);
  return out;
}

std::string ascii(std::string_view text) {
  std::string out;
  append_ascii_escaped(out, text);
  return out;
}

TEST(Escape, LeavesOrdinaryTextAlone) {
  for (const std::string_view same : {""sv, "GET /a?b=c"sv, "grüße, 日本, 🐘"sv, "\U0010FFFF"sv}) {
    EXPECT_EQ(json(same), same);
    EXPECT_EQ(text(same), same);
  }
}

TEST(Escape, EscapesControls) {
  EXPECT_EQ(json("a\nb\rc\td\0e\x1b[2Jf\x7f"sv), "a\\nb\\rc\\td\\u0000e\\u001b[2Jf\\u007f");
  EXPECT_EQ(text("a\nb\rc\td\0e\x1b[2Jf\x7f"sv), "a\\nb\\rc\\td\\x00e\\x1b[2Jf\\x7f");
  EXPECT_EQ(json("\u009b31m"), "\\u009b31m");
  EXPECT_EQ(text("\u009b31m"), "\\x9b31m");
  EXPECT_EQ(text("\u00a0"), "\u00a0");
}

TEST(Escape, EscapesQuotes) {
  EXPECT_EQ(json(R"(say "hi" \ )"), R"(say \"hi\" \\ )");
  EXPECT_EQ(text(R"(say "hi" \ )"), R"(say "hi" \ )");
  EXPECT_EQ(text(R"(say "hi" \ )", Quoting::kInQuotes), R"(say \"hi\" \\ )");
  EXPECT_EQ(ascii("a\"b\\c d\x7f\n\xc3\xbc"), "a\\x22b\\x5cc d\\x7f\\x0a\\xc3\\xbc");
}

TEST(Escape, ReplacesWhatIsNotUtf8) {
  constexpr std::string_view kBad = "\xEF\xBF\xBD";
  EXPECT_EQ(json("a\xff"), "a" + std::string(kBad));
  EXPECT_EQ(text("a\xff"), "a\\xff");
  // Overlong '/', a surrogate, beyond U+10FFFF, cut off, a lone continuation.
  for (const std::string_view bad : {"\xc0\xaf"sv, "\xed\xa0\x80"sv, "\xf4\x90\x80\x80"sv,
                                     "\xe2\x82"sv, "\xf0\x9f\x90"sv, "\x80"sv, "\xc3"sv}) {
    const std::string escaped = json(bad);
    EXPECT_EQ(escaped.size(), bad.size() * kBad.size());
    EXPECT_EQ(text(bad).size(), bad.size() * 4);
  }
  EXPECT_EQ(json("\xc3(x"), std::string(kBad) + "(x");
}

// Every pair of bytes becomes a JSON string that a strict parser accepts, without line breaks.
TEST(Escape, IsAlwaysValidJson) {
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      const std::string raw = {static_cast<char>(first), static_cast<char>(second), 'x'};
      const std::string quoted = '"' + json(raw) + '"';
      ASSERT_TRUE(nlohmann::json::accept(quoted)) << first << ' ' << second;
      for (const char c : quoted + text(raw)) ASSERT_FALSE(c >= 0 && c < 0x20);
    }
  }
}

}  // namespace
}  // namespace tusk::observe
