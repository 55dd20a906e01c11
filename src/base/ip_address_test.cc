#include "base/ip_address.h"

#include <gtest/gtest.h>

namespace tusk::base {
namespace {

IpAddress ip(std::string_view text) { return parse_ip(text).value(); }

TEST(IpAddress, OneAddressHasOneValue) {
  EXPECT_EQ(ip("192.0.2.1"), ip("::ffff:192.0.2.1"));
  EXPECT_EQ(ip("2001:DB8:0:0::1"), ip("2001:db8::1"));
  EXPECT_NE(ip("192.0.2.1"), ip("192.0.2.2"));
  EXPECT_TRUE(ip("192.0.2.1").is_v4());
  EXPECT_FALSE(ip("::192.0.2.1").is_v4());
}

TEST(IpAddress, IsWrittenInItsCanonicalForm) {
  EXPECT_EQ(to_string(ip("::ffff:192.0.2.1")), "192.0.2.1");
  EXPECT_EQ(to_string(ip("2001:DB8:0:0::1")), "2001:db8::1");
  EXPECT_EQ(to_string(ip("::")), "::");
}

TEST(IpAddress, NothingElseIsOne) {
  for (const std::string_view text :
       {"", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80",
        "[::1]", "::1%lo", ":", ":::", "12345::", "localhost", "0x7f.1",
        "unix:", "1111:2222:3333:4444:5555:6666:7777:8888:9999"}) {
    EXPECT_FALSE(parse_ip(text)) << text;
  }
  EXPECT_FALSE(parse_ip(std::string_view("1.2.3.4\0", 8)));
  EXPECT_FALSE(parse_ip(std::string_view("1.2.3.4\0.5", 10)));
}

TEST(IpNetwork, ContainsWhatItsPrefixSays) {
  const IpNetwork eight{ip("10.0.0.0"), 96 + 8};
  EXPECT_TRUE(eight.contains(ip("10.255.0.1")));
  EXPECT_FALSE(eight.contains(ip("11.0.0.0")));
  EXPECT_FALSE(eight.contains(ip("a00::")));
  const IpNetwork twelve{ip("172.16.0.0"), 96 + 12};
  EXPECT_TRUE(twelve.contains(ip("172.31.255.255")));
  EXPECT_FALSE(twelve.contains(ip("172.32.0.0")));
  EXPECT_FALSE(twelve.contains(ip("172.15.255.255")));
  const IpNetwork single{ip("::1"), 128};
  EXPECT_TRUE(single.contains(ip("::1")));
  EXPECT_FALSE(single.contains(ip("::2")));
  const IpNetwork everything{ip("::"), 0};
  EXPECT_TRUE(everything.contains(ip("10.0.0.1")) && everything.contains(ip("ff::")));
}

TEST(IpNetwork, BeginsWithItsFirstAddress) {
  EXPECT_EQ(first_address({ip("10.1.2.3"), 96 + 8}), ip("10.0.0.0"));
  EXPECT_EQ(first_address({ip("172.31.2.3"), 96 + 12}), ip("172.16.0.0"));
  EXPECT_EQ(first_address({ip("2001:db8::1"), 128}), ip("2001:db8::1"));
  EXPECT_EQ(first_address({ip("2001:db8::1"), 0}), ip("::"));
}

}  // namespace
}  // namespace tusk::base
