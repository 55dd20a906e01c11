#include "net/socket_name.h"

#include <gtest/gtest.h>

namespace tusk::net {
namespace {

TEST(SocketName, SaysTheRoleAndTheAddress) {
  for (const std::string_view text :
       {":8080", "127.0.0.1:0", "localhost:80", "https://[::1]:443", "[fe80::1%eth0]:80",
        "unix:/run/a:b%3Ac@d.sock", "unix:@name"}) {
    const auto address = config::parse_address(text);
    ASSERT_TRUE(address) << text;
    const std::string name = socket_name("https", *address);
    EXPECT_EQ(name.find(':'), std::string::npos) << "names are separated by colons: " << name;
    const SocketName parsed = parse_socket_name(name);
    EXPECT_EQ(parsed.role, "https");
    EXPECT_EQ(parsed.configured, *address) << name;
  }
  EXPECT_EQ(socket_name("", *config::parse_address(":80")), "@%3A80");
}

TEST(SocketName, NamesOfOthersHaveNoAddress) {
  for (const std::string_view name : {"", "internal", "https", "web@home", "web@", "@"}) {
    const SocketName parsed = parse_socket_name(name);
    EXPECT_EQ(parsed.role, name.substr(0, name.find('@')));
    EXPECT_FALSE(parsed.configured) << name;
  }
}

}  // namespace
}  // namespace tusk::net
