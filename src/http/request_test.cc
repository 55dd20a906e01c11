#include "http/request.h"

#include <gtest/gtest.h>

namespace tusk::http {
namespace {

TEST(RequestHead, FindsFieldsInAnyCase) {
  RequestHead head;
  head.add_field("Accept", "a");
  head.add_field("X-Empty", "");
  head.add_field("ACCEPT", "b");
  EXPECT_EQ(head.find("accept"), "a");
  EXPECT_TRUE(head.contains("x-empty"));
  EXPECT_EQ(head.find("x-empty"), "");
  EXPECT_FALSE(head.contains("x"));
  EXPECT_EQ(head.find_field("none"), nullptr);
}

TEST(RequestHead, ClearMakesItNewAndKeepsMemory) {
  RequestHead head;
  head.method = head.append("POST");
  head.add_field("A", std::string(1000, 'x'));
  head.content_length = 5;
  head.keep_alive = false;
  head.expect_continue = head.has_query = true;
  head.version = Version::kHttp2;
  EXPECT_TRUE(head.has_body());
  const auto capacity = head.text.capacity();
  head.clear();
  EXPECT_EQ(head.text.capacity(), capacity);
  EXPECT_GE(head.fields.capacity(), 1U);
  EXPECT_TRUE(head.text.empty() && head.fields.empty());
  EXPECT_EQ(head.method.length, 0U);
  EXPECT_EQ(head.version, Version::kHttp11);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.expect_continue || head.has_query || head.chunked || head.has_body());
  EXPECT_FALSE(head.content_length.has_value());
}

TEST(RequestHead, HasBody) {
  RequestHead head;
  EXPECT_FALSE(head.has_body());
  head.content_length = 0;
  EXPECT_FALSE(head.has_body());
  head.content_length.reset();
  head.chunked = true;
  EXPECT_TRUE(head.has_body());
}

}  // namespace
}  // namespace tusk::http
