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

// A job as it is after a trusted peer's head was read.
exec::Job job_with(const Fields& fields) {
  exec::Job job;
  for (const auto& [name, value] : fields) {
    job.head.add_field(name, value);
    if (name == "Host") job.head.authority = job.head.fields.back().value;
  }
  const TrustedProxies proxies(entries({"10.0.0.0/8"}));
  proxies.apply(job);
  return job;
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
  const exec::Job job = job_with({{"Host", "inner"}});
  EXPECT_EQ(job.remote_address.length, 0U);
  EXPECT_EQ(job.server_port, 0);
  EXPECT_FALSE(job.tls);
  EXPECT_EQ(job.head.find("host"), "inner");
}

TEST(TrustedProxies, PutTheClientIntoTheJob) {
  const exec::Job job = job_with({{"Host", "inner"},
                                  {"X-Forwarded-For", "192.0.2.1:4711"},
                                  {"X-Forwarded-Proto", "https"},
                                  {"X-Forwarded-Host", "example.org"}});
  EXPECT_EQ(job.view(job.remote_address), "192.0.2.1");
  EXPECT_EQ(job.remote_port, 4711);
  EXPECT_TRUE(job.tls);
  EXPECT_EQ(job.server_port, 443);
  EXPECT_EQ(job.head.find("host"), "example.org");
  EXPECT_EQ(job.view(job.head.authority), "example.org");
}

TEST(TrustedProxies, APortThatIsNotTheUsualOneIsPartOfTheHost) {
  const auto host_and_port = [](const Fields& fields) {
    const exec::Job job = job_with(fields);
    return std::string(job.head.find("host")) + " " + std::to_string(job.server_port);
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
  const exec::Job job = job_with({{"X-Forwarded-Host", "example.org"}});
  EXPECT_EQ(job.head.find("host"), "example.org");
}

}  // namespace
}  // namespace tusk::clients
