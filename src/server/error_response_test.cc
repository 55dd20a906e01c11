#include "server/error_response.h"

#include <gtest/gtest.h>

namespace tusk::server {
namespace {

TEST(ErrorResponse, SaysWhatItIs) {
  http::ResponseHead head;
  std::string body = "left over";
  make_error_response(404, head, body);
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.find("content-type"), "text/html; charset=utf-8");
  EXPECT_NE(body.find("404 Not Found"), std::string::npos);
  EXPECT_EQ(body.find("left over"), std::string::npos);
  EXPECT_FALSE(head.contains("retry-after"));
}

TEST(ErrorResponse, ABusyServerSaysWhenToComeBack) {
  http::ResponseHead head;
  std::string body;
  make_error_response(503, head, body);
  EXPECT_EQ(head.find("retry-after"), "1");
}

}  // namespace
}  // namespace tusk::server
