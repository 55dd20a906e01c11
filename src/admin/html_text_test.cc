#include "admin/html_text.h"

#include <gtest/gtest.h>

namespace tusk::admin {
namespace {

std::string escaped(std::string_view text) {
  std::string html;
  append_escaped(html, text);
  return html;
}

TEST(HtmlText, NoTextCanBecomeMarkup) {
  EXPECT_EQ(escaped("<script>\"'&"), "&lt;script&gt;&quot;&#39;&amp;");
  EXPECT_EQ(escaped(std::string_view("a\0b\x1b\n", 5)), "a?b?\n");
  EXPECT_EQ(escaped("é€"), "é€");
}

TEST(HtmlText, NoTextCanTurnAround) {
  EXPECT_EQ(escaped("a\u202eb\u2066c\u200fd"), "a?b?c?d");
  EXPECT_EQ(escaped("\u2013\u2070"), "\u2013\u2070");
  EXPECT_EQ(escaped("\xe2\x80"), "\xe2\x80");
}

TEST(HtmlText, NumbersForPeople) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1234567), "1,234,567");
  EXPECT_EQ(count_text(-123456), "-123,456");
  EXPECT_EQ(bytes_text(512), "512 B");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(seconds_text(0.000'071), "71 µs");
  EXPECT_EQ(seconds_text(0.25), "250.0 ms");
  EXPECT_EQ(seconds_text(12.34), "12.3 s");
  EXPECT_EQ(seconds_text(7300), "2 h 1 min");
  EXPECT_EQ(clock_text(1700000000005), "22:13:20");
  EXPECT_EQ(clock_text(INT64_MAX).size(), 8U);
}

}  // namespace
}  // namespace tusk::admin
