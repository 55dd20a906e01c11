#include "config/address.h"

#include <gtest/gtest.h>

namespace tusk::config {
namespace {

Address tcp(std::string host, std::uint16_t port) {
  return {.kind = Address::Kind::kTcp, .host = std::move(host), .port = port, .path = {}};
}

TEST(Address, ParsesEveryForm) {
  EXPECT_EQ(parse_address("127.0.0.1:8080"), tcp("127.0.0.1", 8080));
  EXPECT_EQ(parse_address("localhost:80"), tcp("localhost", 80));
  EXPECT_EQ(parse_address("app_1.example-site.org:80"), tcp("app_1.example-site.org", 80));
  EXPECT_EQ(parse_address(":8080"), tcp("", 8080));
  EXPECT_EQ(parse_address(":0"), tcp("", 0));
  EXPECT_EQ(parse_address(":65535"), tcp("", 65535));
  EXPECT_EQ(parse_address("[::1]:80"), tcp("::1", 80));
  EXPECT_EQ(parse_address("[::]:80"), tcp("::", 80));
  EXPECT_EQ(parse_address("[fe80::1%eth0]:80"), tcp("fe80::1%eth0", 80));
  EXPECT_EQ(
      parse_address("unix:/run/tusk.sock"),
      (Address{.kind = Address::Kind::kUnix, .host = {}, .port = 0, .path = "/run/tusk.sock"}));
}

TEST(Address, ASchemeMaySayWhatIsSpoken) {
  Address expected = tcp("127.0.0.1", 8443);
  expected.scheme = Address::Scheme::kHttps;
  EXPECT_EQ(parse_address("https://127.0.0.1:8443"), expected);
  EXPECT_EQ(parse_address("https://127.0.0.1:8443/"), expected);
  expected.scheme = Address::Scheme::kHttp;
  EXPECT_EQ(parse_address("http://127.0.0.1:8443"), expected);
  EXPECT_FALSE(parse_address("https://unix:/run/tusk.sock"));
  EXPECT_FALSE(parse_address("https://"));
  EXPECT_FALSE(parse_address("ftp://localhost:21"));
}

TEST(Address, SpeaksTlsWithACertificateButWhereClearTextIsExpected) {
  constexpr bool kCertificate = true;
  constexpr bool kNoCertificate = false;
  const auto tls = [](const char* text, bool has_certificate) {
    return parse_address(text)->speaks_tls(has_certificate);
  };
  EXPECT_TRUE(tls(":443", kCertificate));
  EXPECT_TRUE(tls("localhost:8080", kCertificate));
  EXPECT_FALSE(tls(":443", kNoCertificate));
  EXPECT_FALSE(tls(":80", kCertificate));
  EXPECT_FALSE(tls("unix:/run/tusk.sock", kCertificate));
  EXPECT_TRUE(tls("https://:80", kCertificate));
  EXPECT_TRUE(tls("https://:8443", kNoCertificate)) << "which validation refuses";
  EXPECT_FALSE(tls("http://:443", kCertificate));
}

TEST(Address, IsWrittenAsItIsRead) {
  for (const char* text :
       {"http://127.0.0.1:80", "https://[::1]:443", "127.0.0.1:8080", "localhost:80", ":8080", ":0",
        "[::1]:80", "[fe80::1%eth0]:80", "unix:/run/tusk.sock", "unix:@tusk"}) {
    const auto address = parse_address(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(to_string(*address), text);
  }
}

TEST(Address, AnAbstractSocketIsNoFile) {
  EXPECT_TRUE(parse_address("unix:@tusk")->is_abstract());
  EXPECT_FALSE(parse_address("unix:/run/tusk.sock")->is_abstract());
  EXPECT_FALSE(parse_address("unix:@"));
}

TEST(Address, RefusesWhatIsNone) {
  for (const char* text : {"",        "localhost", "localhost:",   ":",
                           "::",      "::1:80",    "[::1]",        "[::1]80",
                           "[]:80",   "[x]:80",    "[1.2.3.4]:80", ":65536",
                           ":-1",     ":+1",       ": 80",         ":80 ",
                           ":8o",     "1.2.3:80",  "256.1.1.1:80", "a b:80",
                           "a/b:80",  "unix:",     "unix:/run/",   "[::1:80",
                           "::1]:80", "*:80"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
}

TEST(Address, SaysWhatWasProbablyMeant) {
  EXPECT_EQ(parse_address("8080").error().message,
            "'8080' is not an address; for a port write :8080");
  EXPECT_EQ(parse_address("/run/a.sock").error().message,
            "'/run/a.sock' is not an address; a unix socket is unix:/run/a.sock");
  EXPECT_EQ(parse_address("::1:80").error().message,
            "'::1:80' is not an address; IPv6 needs brackets: [v6]:port");
  EXPECT_EQ(parse_address(":99999").error().message,
            "'99999' in ':99999' is not a port from 0 to 65535");
  EXPECT_EQ(parse_address("[::1]").error().message,
            "'[::1]' has no port: host:port, :port, [v6]:port or unix:/path");
}

TEST(Address, UnixPathMustFitIntoASocketAddress) {
  EXPECT_TRUE(parse_address("unix:/" + std::string(106, 'a')));
  EXPECT_FALSE(parse_address("unix:/" + std::string(107, 'a')));
}

}  // namespace
}  // namespace tusk::config
