#include "config/trusted_proxy.h"

#include <gtest/gtest.h>

namespace tusk::config {
namespace {

bool contains(std::string_view entry, std::string_view address) {
  return parse_trusted_proxy(entry).value().contains(base::parse_ip(address).value());
}

TEST(TrustedProxy, IsWrittenAsItIsRead) {
  for (const char* text : {"192.0.2.1", "10.0.0.0/8", "0.0.0.0/0", "::1", "2001:db8::/32", "::/0",
                           "unix", "private"}) {
    const auto proxy = parse_trusted_proxy(text);
    ASSERT_TRUE(proxy) << text;
    EXPECT_EQ(to_string(*proxy), text);
  }
  EXPECT_EQ(to_string(parse_trusted_proxy("private_ranges").value()), "private");
  EXPECT_EQ(to_string(parse_trusted_proxy("PRIVATE_SUBNETS").value()), "private");
  EXPECT_EQ(to_string(parse_trusted_proxy("10.1.2.3/32").value()), "10.1.2.3");
}

TEST(TrustedProxy, MatchesAddressesAndNetworks) {
  EXPECT_TRUE(contains("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(contains("192.0.2.1", "192.0.2.2"));
  EXPECT_TRUE(contains("10.0.0.0/8", "::ffff:10.9.8.7"));
  EXPECT_TRUE(contains("0.0.0.0/0", "8.8.8.8"));
  EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(contains("2001:db8::/32", "2001:db8:ffff::1"));
  EXPECT_FALSE(contains("2001:db8::/32", "2001:db9::1"));
  EXPECT_FALSE(contains("unix", "127.0.0.1"));
}

TEST(TrustedProxy, PrivateIsWhatTheInternetDoesNotRoute) {
  for (const char* text : {"127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
                           "169.254.1.1", "::1", "fd00::1", "fe80::1", "::ffff:10.0.0.1"}) {
    EXPECT_TRUE(contains("private", text)) << text;
  }
  for (const char* text :
       {"8.8.8.8", "172.32.0.1", "172.15.0.1", "11.0.0.1", "192.169.0.1", "2001:db8::1", "::2"}) {
    EXPECT_FALSE(contains("private", text)) << text;
  }
}

TEST(TrustedProxy, SaysWhatIsWrong) {
  EXPECT_EQ(parse_trusted_proxy("proxy.local").error().message,
            "'proxy.local' is not an address, a network such as 10.0.0.0/8, unix or private");
  EXPECT_EQ(parse_trusted_proxy("10.0.0.0/33").error().message,
            "'10.0.0.0/33': what follows the slash must be a number from 0 to 32");
  EXPECT_EQ(parse_trusted_proxy("2001:db8::/129").error().message,
            "'2001:db8::/129': what follows the slash must be a number from 0 to 128");
  EXPECT_EQ(parse_trusted_proxy("10.0.0.1/8").error().message,
            "'10.0.0.1/8' is not where the network begins: 10.0.0.0/8");
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8 ", "10.0.0.0/+8",
                           "10.0.0.0/255.0.0.0", "*", "[::1]", "1.2.3.4:80", "UNIX"}) {
    EXPECT_FALSE(parse_trusted_proxy(text)) << text;
  }
}

}  // namespace
}  // namespace tusk::config
