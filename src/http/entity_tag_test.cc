#include "http/entity_tag.h"

#include <gtest/gtest.h>

namespace tusk::http {
namespace {

constexpr auto kStrong = TagComparison::kStrong;
constexpr auto kWeak = TagComparison::kWeak;

TEST(EntityTag, Syntax) {
  for (const char* good : {"\"\"", "\"a\"", "W/\"a\"", "\"a,b\"", "\"\xff!\"", "\"\\\""}) {
    EXPECT_TRUE(is_entity_tag(good)) << good;
  }
  for (const char* bad : {"", "a", "\"", "\"a", "a\"", "w/\"a\"", "W/a", "W/", "\"a b\"", "\"a\" ",
                          "\"a\"b\"", "\"\x7f\"", "W\"a\""}) {
    EXPECT_FALSE(is_entity_tag(bad)) << bad;
  }
}

// The table of RFC 9110 §8.8.3.2.
TEST(EntityTag, Comparison) {
  EXPECT_FALSE(same_entity_tag("W/\"1\"", "W/\"1\"", kStrong));
  EXPECT_TRUE(same_entity_tag("W/\"1\"", "W/\"1\"", kWeak));
  EXPECT_FALSE(same_entity_tag("W/\"1\"", "W/\"2\"", kStrong));
  EXPECT_FALSE(same_entity_tag("W/\"1\"", "W/\"2\"", kWeak));
  EXPECT_FALSE(same_entity_tag("W/\"1\"", "\"1\"", kStrong));
  EXPECT_TRUE(same_entity_tag("W/\"1\"", "\"1\"", kWeak));
  EXPECT_TRUE(same_entity_tag("\"1\"", "\"1\"", kStrong));
  EXPECT_TRUE(same_entity_tag("\"1\"", "\"1\"", kWeak));
  EXPECT_FALSE(same_entity_tag("", "", kWeak));
  EXPECT_FALSE(same_entity_tag("", "", kStrong));
}

TEST(EntityTag, Lists) {
  EXPECT_TRUE(matches_tag_list("*", "\"a\"", kStrong));
  EXPECT_TRUE(matches_tag_list(" * ", "", kWeak));
  EXPECT_TRUE(matches_tag_list("\"a\"", "\"a\"", kStrong));
  EXPECT_TRUE(matches_tag_list("\"x\", W/\"a\"", "\"a\"", kWeak));
  EXPECT_FALSE(matches_tag_list("\"x\", W/\"a\"", "\"a\"", kStrong));
  EXPECT_TRUE(matches_tag_list("\"x,y\" ,\t, \"a\"", "\"a\"", kStrong));
  EXPECT_TRUE(matches_tag_list(",\"x,\",\"a,b\"", "\"a,b\"", kStrong));
  EXPECT_FALSE(matches_tag_list("\"x,\"a\",y\"", "\"a\"", kStrong));
  EXPECT_FALSE(matches_tag_list("", "\"a\"", kWeak));
  EXPECT_FALSE(matches_tag_list("", "", kWeak));
  EXPECT_FALSE(matches_tag_list("a", "\"a\"", kWeak));
  EXPECT_FALSE(matches_tag_list("bad, \"a\"", "\"a\"", kWeak));
  EXPECT_FALSE(matches_tag_list("\"x\" \"a\"", "\"a\"", kWeak));
  EXPECT_FALSE(matches_tag_list("\"x\", *", "\"a\"", kWeak));
}

}  // namespace
}  // namespace tusk::http
