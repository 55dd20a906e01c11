#include "config/listen_address.h"

#include <gtest/gtest.h>

namespace tusk::config {
namespace {

std::string rewritten(std::string_view text) {
  const auto listener = parse_listen_address(text);
  return listener ? to_string(*listener) : "error: " + listener.error().message;
}

TEST(ListenAddress, IsWrittenAsItIsRead) {
  for (const std::string_view text :
       {":80", "https://[::1]:443", "unix:/run/a,b.sock", "127.0.0.1:8081,proxy_protocol=off",
        "127.0.0.1:8081,trusted_proxies=10.0.0.0/8,trusted_proxies=unix,trusted_headers=Forwarded,"
        "proxy_protocol=private",
        "unix:/run/a,b.sock,trusted_proxies=off,trusted_headers=off"}) {
    EXPECT_EQ(rewritten(text), text);
  }
  EXPECT_EQ(rewritten(":80,proxy_protocol=false"), ":80,proxy_protocol=off");
  EXPECT_EQ(rewritten("http://:80/,trusted_headers=x-forwarded-host"),
            "http://:80,trusted_headers=X-Forwarded-Host");
}

TEST(ListenAddress, AnOptionThatIsNotGivenHasNoValue) {
  const ListenAddress listener = parse_listen_address(":80,proxy_protocol=off").value();
  EXPECT_FALSE(listener.trusted_proxies);
  EXPECT_FALSE(listener.trusted_headers);
  ASSERT_TRUE(listener.proxy_protocol);
  EXPECT_TRUE(listener.proxy_protocol->empty());
  EXPECT_NE(listener, parse_listen_address(":80").value());
}

TEST(ListenAddress, MistakesAreNamed) {
  EXPECT_EQ(rewritten(":80,proxy_protocol=on"),
            "error: proxy_protocol: 'on' does not say which: name addresses, networks, unix or "
            "private, or off");
  EXPECT_EQ(rewritten(":80,proxy_protocol=off,proxy_protocol=unix"),
            "error: proxy_protocol: off excludes other values");
  EXPECT_EQ(rewritten(":80,proxy_protocol=unix,proxy_protocol=off"),
            "error: proxy_protocol: off excludes other values");
  EXPECT_EQ(rewritten(":80,trusted_headers=host"),
            "error: trusted_headers: " + parse_trusted_header("host").error().message);
  EXPECT_EQ(rewritten(":80,proxy_protocol=off,backlog=3"),
            "error: 'backlog=3' is not an option of a listener: trusted_proxies=, "
            "trusted_headers= or proxy_protocol=");
  EXPECT_EQ(rewritten("80,proxy_protocol=off"), rewritten("80"));
}

}  // namespace
}  // namespace tusk::config
