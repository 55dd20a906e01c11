#include "http/accept.h"

#include <gtest/gtest.h>

namespace tusk::http {
namespace {

TEST(Accept, TheMostExactRangeCounts) {
  EXPECT_EQ(media_quality("", "text/html"), 1000);
  EXPECT_EQ(media_quality("text/html;q=0.3, text/*;q=0.5, */*;q=0.8", "text/html"), 300);
  EXPECT_EQ(media_quality("text/html;q=0.3, text/*;q=0.5, */*;q=0.8", "text/css"), 500);
  EXPECT_EQ(media_quality("text/html;q=0.3, text/*;q=0.5, */*;q=0.8", "image/png"), 800);
  EXPECT_EQ(media_quality("text/html", "image/png"), 0);
  EXPECT_EQ(media_quality("TEXT/HTML ; level=1 ; Q=0.25", "text/html"), 250);
  EXPECT_EQ(media_quality("text/html;q=0", "text/html"), 0);
  EXPECT_EQ(media_quality("text/html;q=nonsense", "text/html"), 1000);
  EXPECT_EQ(media_quality("text/html;q=1.999", "text/html"), 1000);
  EXPECT_EQ(media_quality(",;,text/html;", "text/html"), 1000);
}

TEST(Accept, JsonMustBeNamed) {
  EXPECT_TRUE(prefers_json("application/json"));
  EXPECT_TRUE(prefers_json("application/problem+json"));
  EXPECT_TRUE(prefers_json("application/json, text/plain, */*")) << "axios";
  EXPECT_TRUE(prefers_json("text/html;q=0.5, application/json"));
  EXPECT_FALSE(prefers_json(""));
  EXPECT_FALSE(prefers_json("*/*")) << "curl";
  EXPECT_FALSE(prefers_json("application/*"));
  EXPECT_FALSE(prefers_json("application/json;q=0"));
  EXPECT_FALSE(prefers_json("text/html, application/json"));
  EXPECT_FALSE(prefers_json("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
}

}  // namespace
}  // namespace tusk::http
