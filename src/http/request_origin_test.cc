#include "http/request_origin.h"

#include <string>

#include <gtest/gtest.h>

namespace tusk::http {
namespace {

std::string host_of(std::string_view authority) {
  RequestHead head;
  head.authority = head.append(authority);
  RequestOrigin origin;
  settle_host(head, origin);
  return std::string(head.view(origin.host));
}

TEST(RequestOrigin, HostIsTheNameAlone) {
  EXPECT_EQ(host_of("example.org"), "example.org");
  EXPECT_EQ(host_of("example.org:80"), "example.org");
  EXPECT_EQ(host_of("WWW.Example.ORG:80"), "www.example.org");
  EXPECT_EQ(host_of("example.org."), "example.org");
  EXPECT_EQ(host_of("[2001:DB8::1]:80"), "[2001:db8::1]");
  EXPECT_EQ(host_of("[::1]"), "[::1]");
  EXPECT_EQ(host_of(""), "");
  EXPECT_EQ(host_of(":80"), "");
}

TEST(RequestOrigin, SettlingTheHostLeavesTheAuthority) {
  RequestHead head;
  head.authority = head.append("Example.org:81");
  RequestOrigin origin;
  settle_host(head, origin);
  EXPECT_EQ(head.view(head.authority), "Example.org:81");
}

}  // namespace
}  // namespace tusk::http
