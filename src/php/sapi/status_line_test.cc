#include "php/sapi/status_line.h"

#include <gtest/gtest.h>

namespace tusk::php::sapi {
namespace {

http::ResponseHead head_of(int status) {
  http::ResponseHead head;
  head.status = status;
  return head;
}

TEST(StatusLine, AStatusMayHaveAReason) {
  http::ResponseHead head = head_of(200);
  EXPECT_TRUE(take_status("404 Gone fishing", head));
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.reason, "Gone fishing");
  EXPECT_TRUE(take_status("301", head));
  EXPECT_EQ(head.status, 301);
  EXPECT_EQ(head.reason, "");
}

TEST(StatusLine, OtherTextIsNoStatus) {
  for (const char* const text : {"", "OK", "40", "4040", "404x", " 404"}) {
    http::ResponseHead head = head_of(200);
    EXPECT_FALSE(take_status(text, head)) << text;
    EXPECT_EQ(head.status, 200) << text;
  }
}

TEST(StatusLine, ALinesReasonCountsWhileItsCodeDoes) {
  http::ResponseHead head = head_of(404);
  EXPECT_TRUE(take_reason("HTTP/1.1 404 Gone fishing", head));
  EXPECT_EQ(head.reason, "Gone fishing");
  EXPECT_FALSE(take_reason("HTTP/1.1 500 Broken", head)) << "the code has been changed since";
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.reason, "");
}

TEST(StatusLine, NoLineHasNoReason) {
  http::ResponseHead head = head_of(404);
  EXPECT_FALSE(take_reason(nullptr, head));
  EXPECT_FALSE(take_reason("HTTP/1.1", head));
  EXPECT_FALSE(take_reason("HTTP/1.1 nonsense", head));
  EXPECT_EQ(head.status, 404);
}

}  // namespace
}  // namespace tusk::php::sapi
