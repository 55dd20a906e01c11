#include "observe/markup.h"

#include <gtest/gtest.h>

namespace tusk::observe {
namespace {

std::string markup(std::string_view text, LineEnds line_ends = LineEnds::kReplaced) {
  std::string out;
  append_markup(out, text, line_ends);
  return out;
}

TEST(Markup, NoTextBecomesATagOrEndsAnAttribute) {
  EXPECT_EQ(markup("<script>\"'&"), "&lt;script&gt;&quot;&#39;&amp;");
  EXPECT_EQ(markup("é€"), "é€");
}

TEST(Markup, LineEndsAreKeptWhereTheCallerWantsThem) {
  EXPECT_EQ(markup(std::string_view("a\0b\x1b\n", 5)), "a?b??");
  EXPECT_EQ(markup(std::string_view("a\0b\x1b\n", 5), LineEnds::kKept), "a?b?\n");
}

TEST(Markup, NoTextChangesTheDirectionOfOthers) {
  EXPECT_EQ(markup("a\u202eb\u2066c\u200fd"), "a?b?c?d");
  EXPECT_EQ(markup("\u2013\u2070"), "\u2013\u2070");
  EXPECT_EQ(markup("\xe2\x80"), "\xe2\x80") << "a cut character at the end";
}

TEST(Markup, CharactersThatXmlForbidsAreReplaced) {
  EXPECT_EQ(markup("a\xEF\xBF\xBE\xEF\xBF\xBF"), "a??");
  EXPECT_EQ(markup("\uFFFD"), "\uFFFD");
}

}  // namespace
}  // namespace tusk::observe
