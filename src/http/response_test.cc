#include "http/response.h"

#include <string_view>

#include <gtest/gtest.h>

namespace tusk::http {
namespace {

using namespace std::string_view_literals;

TEST(ResponseHead, AddKeepsLinesAndSpans) {
  ResponseHead head;
  EXPECT_TRUE(head.add("Set-Cookie", " a=1 \t"));
  EXPECT_TRUE(head.add("Set-Cookie", "b"));
  EXPECT_TRUE(head.add("X", ""));
  EXPECT_EQ(head.text, "Set-Cookie: a=1\r\nSet-Cookie: b\r\nX: \r\n");
  ASSERT_EQ(head.fields.size(), 3U);
  EXPECT_EQ(head.view(head.fields[0].value), "a=1");
  EXPECT_EQ(head.view(head.fields[1].name), "Set-Cookie");
  EXPECT_EQ(head.find("set-COOKIE"), "a=1");
  EXPECT_TRUE(head.contains("x"));
  EXPECT_FALSE(head.contains("y"));
}

TEST(ResponseHead, RefusesWhatWouldSplitTheResponse) {
  ResponseHead head;
  for (const auto value : {"a\r\nb: c"sv, "a\nb"sv, "a\rb"sv, "a\0b"sv, "a\x01"sv, "\x7f"sv}) {
    EXPECT_FALSE(head.add("A", value)) << value;
    EXPECT_FALSE(head.set("A", value)) << value;
  }
  for (const auto name : {""sv, "a b"sv, "a:"sv, "a\r\n"sv, "\xc3\xa9"sv, "a\0"sv}) {
    EXPECT_FALSE(head.add(name, "x")) << name;
  }
  EXPECT_TRUE(head.text.empty());
  EXPECT_TRUE(head.add("A", "b"));
  EXPECT_FALSE(head.set("A", "c\n"));
  EXPECT_EQ(head.find("a"), "b");  // a refused set changes nothing
  EXPECT_TRUE(head.add("A", "tab\t and \xc3\xa9 are fine"));
}

TEST(ResponseHead, SetAndRemove) {
  ResponseHead head;
  for (const char* name : {"A", "B", "a", "C", "A"}) ASSERT_TRUE(head.add(name, "1"));
  EXPECT_TRUE(head.set("a", "2"));
  EXPECT_EQ(head.text, "B: 1\r\nC: 1\r\na: 2\r\n");
  ASSERT_EQ(head.fields.size(), 3U);
  EXPECT_EQ(head.view(head.fields[1].name), "C");
  EXPECT_EQ(head.view(head.fields[2].value), "2");
  EXPECT_EQ(head.remove("c"), 1U);
  EXPECT_EQ(head.remove("c"), 0U);
  EXPECT_EQ(head.remove("B"), 1U);
  EXPECT_EQ(head.view(head.fields[0].value), "2");
  EXPECT_EQ(head.remove("A"), 1U);
  EXPECT_TRUE(head.text.empty() && head.fields.empty());
}

TEST(ResponseHead, Clear) {
  ResponseHead head;
  head.status = 404;
  head.reason = "No";
  ASSERT_TRUE(head.add("A", "b"));
  head.clear();
  EXPECT_EQ(head.status, 200);
  EXPECT_TRUE(head.reason.empty() && head.text.empty() && head.fields.empty());
}

}  // namespace
}  // namespace tusk::http
