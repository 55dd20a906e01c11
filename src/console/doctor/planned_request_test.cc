#include "console/doctor/planned_request.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tusk::console::doctor {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string refusal(std::string_view text) {
  const auto request = read_request(text);
  return request ? "" : request.error().message;
}

TEST(PlannedRequest, IsAPathWithOrWithoutMethodAndBody) {
  EXPECT_EQ(read_request("/a?b=c")->name(), "GET /a?b=c");
  EXPECT_EQ(read_request("/a?b=c")->path(), "/a");
  const auto login = read_request("  POST /login user=a b&c ");
  EXPECT_EQ(login->name(), "POST /login");
  EXPECT_EQ(login->body, "user=a b&c");
}

TEST(PlannedRequest, MistakesAreNamed) {
  EXPECT_THAT(refusal("a"), HasSubstr("write /path"));
  EXPECT_THAT(refusal(""), HasSubstr("is no request"));
  EXPECT_THAT(refusal("http://localhost/"), HasSubstr("is no request"));
  EXPECT_THAT(refusal("/a body"), HasSubstr("needs a method"));
  EXPECT_THAT(refusal("/\xc3\xa9"), HasSubstr("%XX"));
  EXPECT_THAT(refusal("TRACE /"), HasSubstr("does not answer TRACE"));
  EXPECT_FALSE(check_header("no colon"));
  EXPECT_FALSE(check_header("A: b\r\nC: d"));
  EXPECT_FALSE(check_header("Content-Length: 3"));
  EXPECT_TRUE(check_header("Cookie: a=b"));
}

TEST(PlannedRequest, GivenHeadersReplaceItsOwn) {
  const std::vector<std::string> headers = {"host: example.org", "Cookie: a=b"};
  const std::string text = to_http(*read_request("POST /a {\"b\":1}"), headers);
  EXPECT_THAT(text, testing::StartsWith("POST /a HTTP/1.1\r\n"));
  EXPECT_THAT(text, Not(HasSubstr("localhost")));
  EXPECT_THAT(text, HasSubstr("host: example.org\r\nCookie: a=b\r\n"));
  EXPECT_THAT(text,
              HasSubstr("Content-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"b\":1}"));
  EXPECT_THAT(to_http(*read_request("/"), {}), Not(HasSubstr("Content-Length")));
}

}  // namespace
}  // namespace tusk::console::doctor
