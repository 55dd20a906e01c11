#include "php/library/xml_nesting.h"

#include <string>

#include <gtest/gtest.h>

namespace tusk::php::library {
namespace {

std::string times(int count, std::string_view text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST(XmlNesting, CountsElementsThatAreOpen) {
  for (const std::string_view tag : {"<a>", "<a b='c'>", "<a b=\">\">", "<a b='/>'>", "<a\n>"}) {
    EXPECT_FALSE(nested_deeper_than(times(5, tag), 5)) << tag;
    EXPECT_TRUE(nested_deeper_than(times(6, tag), 5)) << tag;
  }
  EXPECT_TRUE(nested_deeper_than("<a>" + times(9, "<b></b>") + times(5, "<c>"), 5));
  EXPECT_FALSE(nested_deeper_than(times(9, "<a>x</a>") + times(9, "<b/><c d='>'/>"), 1));
}

TEST(XmlNesting, WhatIsNoElementDoesNotCount) {
  const std::string many = times(9, "<a>");
  EXPECT_FALSE(nested_deeper_than("<!--" + many + "--><b/>", 1));
  EXPECT_FALSE(nested_deeper_than("<![CDATA[" + many + "]]><b/>", 1));
  EXPECT_FALSE(nested_deeper_than("<?p " + many + "?><b/>", 1));
  EXPECT_TRUE(nested_deeper_than("<!--" + many + "-->" + many, 8));
  for (const std::string_view text : {"", "<", "a", "<<", "</", "<!--", "<![CDATA[", "<?", "<a"}) {
    EXPECT_FALSE(nested_deeper_than(text, 3)) << text;
  }
}

// libxml2 may continue after an error: then it must not find more than was counted.
TEST(XmlNesting, ErrorsHideNothing) {
  EXPECT_TRUE(nested_deeper_than("<x y=\"" + times(9, "<a>"), 8));
  EXPECT_TRUE(nested_deeper_than(times(9, "<a") + ">", 8));
  EXPECT_TRUE(nested_deeper_than("</x></x>" + times(9, "<a>"), 8));
}

}  // namespace
}  // namespace tusk::php::library
