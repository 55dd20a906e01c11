#include "clients/trusted_proxies.h"

#include <gtest/gtest.h>

namespace tusk::clients {
namespace {

std::vector<config::TrustedProxy> entries(std::initializer_list<std::string_view> texts) {
  std::vector<config::TrustedProxy> result;
  for (const std::string_view text : texts) {
    result.push_back(config::parse_trusted_proxy(text).value());
  }
  return result;
}

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

// A request after the head of a trusted peer was applied.
struct Request {
  http::RequestHead head;
  http::RequestOrigin origin;
};

Request request_with(const Fields& fields,
                     const http::ForwardedFields& believed = {.host = true, .port = true}) {
  Request request;
  for (const auto& [name, value] : fields) {
    request.head.add_field(name, value);
    if (name == "Host") request.head.authority = request.head.fields.back().value;
  }
  const TrustedProxies proxies(entries({"10.0.0.0/8"}), believed);
  proxies.apply(request.head, request.origin);
  return request;
}

TEST(TrustedProxies, KnowTheirPeers) {
  const TrustedProxies none({});
  EXPECT_FALSE(none.trusts({"127.0.0.1", 1}));
  EXPECT_FALSE(none.trusts({"unix:", 0}));
  const TrustedProxies some(entries({"192.0.2.1", "2001:db8::/32", "unix"}));
  EXPECT_TRUE(some.trusts({"192.0.2.1", 1}));
  EXPECT_TRUE(some.trusts({"2001:db8::5", 1}));
  EXPECT_TRUE(some.trusts({"unix:", 0}));
  EXPECT_FALSE(some.trusts({"192.0.2.2", 1}));
  EXPECT_FALSE(TrustedProxies(entries({"private"})).trusts({"unix:", 0}));
}

TEST(TrustedProxies, ChangeNothingWhenTheProxySaysNothing) {
  const Request request = request_with({{"Host", "inner"}});
  EXPECT_EQ(request.origin.client_address.length, 0U);
  EXPECT_EQ(request.origin.server_port, 0);
  EXPECT_FALSE(request.origin.tls);
  EXPECT_EQ(request.head.find("host"), "inner");
}

TEST(TrustedProxies, PutTheClientIntoTheOrigin) {
  const Request request = request_with({{"Host", "inner"},
                                        {"X-Forwarded-For", "192.0.2.1:4711"},
                                        {"X-Forwarded-Proto", "https"},
                                        {"X-Forwarded-Host", "example.org"}});
  EXPECT_EQ(request.head.view(request.origin.client_address), "192.0.2.1");
  EXPECT_EQ(request.origin.client_port, 4711);
  EXPECT_TRUE(request.origin.tls);
  EXPECT_EQ(request.origin.server_port, 443);
  EXPECT_EQ(request.head.find("host"), "example.org");
  EXPECT_EQ(request.head.view(request.head.authority), "example.org");
}

// HAProxy's `option forwardfor` and AWS's ALB pass on the client's X-Forwarded-Host.
TEST(TrustedProxies, TheClientsHostIsNotBelievedByDefault) {
  const Request request = request_with({{"Host", "shop.example:8443"},
                                        {"X-Forwarded-For", "192.0.2.1"},
                                        {"X-Forwarded-Proto", "https"},
                                        {"X-Forwarded-Host", "evil.example"},
                                        {"X-Forwarded-Port", "1"}},
                                       {});
  EXPECT_EQ(request.head.find("host"), "shop.example:8443");
  EXPECT_EQ(request.head.view(request.head.authority), "shop.example:8443");
  EXPECT_EQ(request.origin.server_port, 8443);
  EXPECT_TRUE(request.origin.tls);
}

TEST(TrustedProxies, APortThatIsNotTheUsualOneIsPartOfTheHost) {
  const auto host_and_port = [](const Fields& fields) {
    const Request request = request_with(fields);
    return std::string(request.head.find("host")) + " " +
           std::to_string(request.origin.server_port);
  };
  EXPECT_EQ(host_and_port({{"Host", "in"}, {"X-Forwarded-Host", "a"}, {"X-Forwarded-Port", "81"}}),
            "a:81 81");
  EXPECT_EQ(
      host_and_port({{"Host", "in"}, {"X-Forwarded-Host", "a:82"}, {"X-Forwarded-Port", "81"}}),
      "a:82 81");
  EXPECT_EQ(host_and_port({{"Host", "in"}, {"X-Forwarded-Host", "[::1]:82"}}), "[::1]:82 82");
  EXPECT_EQ(host_and_port({{"Host", "in"}, {"X-Forwarded-Host", "[::1]"}}), "[::1] 80");
  EXPECT_EQ(host_and_port({{"Host", "a:8443"}, {"X-Forwarded-Proto", "https"}}), "a:8443 8443");
  EXPECT_EQ(host_and_port({{"Host", "a"}, {"X-Forwarded-Proto", "https"}}), "a 443");
  EXPECT_EQ(host_and_port({{"Host", "a"}, {"X-Forwarded-Port", "8443"}}), "a 8443");
  EXPECT_EQ(host_and_port({{"Host", "a"}, {"X-Forwarded-For", "192.0.2.1"}}), "a 0");
}

TEST(TrustedProxies, ARequestWithoutHostGetsOne) {
  const Request request = request_with({{"X-Forwarded-Host", "example.org"}});
  EXPECT_EQ(request.head.find("host"), "example.org");
}

}  // namespace
}  // namespace tusk::clients
