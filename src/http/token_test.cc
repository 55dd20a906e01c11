#include "http/token.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace tusk::http {
namespace {

using namespace std::string_view_literals;

TEST(Token, Classes) {
  std::string tokens;
  for (int c = 0; c < 256; ++c) {
    if (is_token_char(static_cast<char>(c))) tokens.push_back(static_cast<char>(c));
  }
  EXPECT_EQ(tokens,
            "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~");
  EXPECT_FALSE(is_token(""));
  EXPECT_FALSE(is_token("a\0"sv));
  EXPECT_TRUE(is_field_value(""));
  EXPECT_TRUE(is_field_value(" \t~\x80\xff"));
  for (const auto bad : {"\0"sv, "\r"sv, "\n"sv, "\x1f"sv, "\x7f"sv, "a\x0b"sv}) {
    EXPECT_FALSE(is_field_value(bad));
    EXPECT_FALSE(is_target(bad));
  }
  EXPECT_FALSE(is_target(""));
  EXPECT_FALSE(is_target("a b"));
  EXPECT_EQ(hex_value('9'), 9U);
  EXPECT_EQ(hex_value('a'), 10U);
  EXPECT_EQ(hex_value('F'), 15U);
  EXPECT_FALSE(is_hex_digit('g'));
}

TEST(Token, Comparisons) {
  EXPECT_TRUE(equals_lower("HoSt", "host"));
  EXPECT_FALSE(equals_lower("host", "hos"));
  EXPECT_FALSE(equals_lower("h\xd3st", "h\xf3st"));  // ASCII only
  EXPECT_TRUE(equals_ignoring_case("aB", "Ab"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));  // they differ only in the bit that case differs in
  EXPECT_FALSE(equals_ignoring_case("@", "`"));
  EXPECT_EQ(trim_ows(" \t a b\t "), "a b");
  EXPECT_EQ(trim_ows(" \t "), "");
}

TEST(Token, Lists) {
  std::vector<std::string> elements;
  for_each_element(" a ,, b c ,\t,d", [&](std::string_view element) {
    elements.emplace_back(element);
    return element != "b c";
  });
  EXPECT_EQ(elements, (std::vector<std::string>{"a", "b c"}));
  EXPECT_TRUE(list_contains("keep-alive, Upgrade", "upgrade"));
  EXPECT_TRUE(list_contains(",,close,", "close"));
  EXPECT_FALSE(list_contains("closed, not close", "close"));
  EXPECT_FALSE(list_contains("", "close"));
}

}  // namespace
}  // namespace tusk::http
