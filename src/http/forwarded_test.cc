#include "http/forwarded.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tusk::http {
namespace {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

constexpr ForwardedFields kAll{
    .client = true, .scheme = true, .host = true, .port = true, .rfc7239 = true};

// Returns the result in one line: client scheme host port. 10.* is trusted.
std::string read(const Fields& fields, const ForwardedFields& believed = kAll) {
  RequestHead head;
  for (const auto& [name, value] : fields) head.add_field(name, value);
  const ForwardedOrigin origin = read_forwarded(
      head,
      [](const base::IpAddress& address) {
        return base::IpNetwork{base::parse_ip("10.0.0.0").value(), 96 + 8}.contains(address);
      },
      believed);
  std::string text = "-";
  if (origin.client) {
    text = base::to_string(origin.client->address);
    if (origin.client->port != 0) text += "#" + std::to_string(origin.client->port);
  }
  text.append(" ").append(origin.scheme.empty() ? "-" : origin.scheme);
  text.append(" ").append(origin.host.empty() ? "-" : origin.host);
  text.append(" ").append(origin.port == 0 ? "-" : std::to_string(origin.port));
  return text;
}

std::string read_for(std::string_view list) { return read({{"X-Forwarded-For", list}}); }
std::string read_forwarded_field(std::string_view list) { return read({{"Forwarded", list}}); }

TEST(XForwarded, OneProxy) {
  EXPECT_EQ(read({{"x-forwarded-for", "192.0.2.1"},
                  {"X-Forwarded-Proto", "HTTPS"},
                  {"X-Forwarded-Host", "example.org:8443"},
                  {"X-Forwarded-Port", "8443"}}),
            "192.0.2.1 https example.org:8443 8443");
  EXPECT_EQ(read({}), "- - - -");
}

TEST(XForwarded, TheRightmostThatIsNotTrustedIsTheClient) {
  EXPECT_EQ(read_for("6.6.6.6, 192.0.2.1"), "192.0.2.1 - - -");
  EXPECT_EQ(read_for("6.6.6.6, 192.0.2.1, 10.0.0.1"), "192.0.2.1 - - -");
  EXPECT_EQ(read_for("6.6.6.6,192.0.2.1,10.0.0.1,10.0.0.2"), "192.0.2.1 - - -");
  EXPECT_EQ(read({{"X-Forwarded-For", "6.6.6.6, 192.0.2.1"}, {"X-Forwarded-For", "10.0.0.1"}}),
            "192.0.2.1 - - -");
}

TEST(XForwarded, TheFirstIfAllAreTrusted) {
  EXPECT_EQ(read_for("10.0.0.3, 10.0.0.2"), "10.0.0.3 - - -");
}

TEST(XForwarded, NodesHaveSeveralForms) {
  EXPECT_EQ(read_for("192.0.2.1:4711"), "192.0.2.1#4711 - - -");
  EXPECT_EQ(read_for("2001:DB8::1"), "2001:db8::1 - - -");
  EXPECT_EQ(read_for("[2001:db8::1]"), "2001:db8::1 - - -");
  EXPECT_EQ(read_for("[2001:db8::1]:80"), "2001:db8::1#80 - - -");
  EXPECT_EQ(read_for("::ffff:192.0.2.1"), "192.0.2.1 - - -");
  EXPECT_EQ(read_for("192.0.2.1:_hidden"), "192.0.2.1 - - -");
}

TEST(XForwarded, WhatIsNoAddressEndsTheReading) {
  for (const std::string_view text :
       {"", ",", "unknown", "_x", "unix:", "1.2.3", "1.2.3.4.5", "[1.2.3.4]", "[::1", "::1]",
        "[::1]x", "fe80::1%eth0", "example.org", "1.2.3.4 5.6.7.8", "\"1.2.3.4\""}) {
    EXPECT_EQ(read_for(text), "- - - -") << text;
    EXPECT_EQ(read_for("6.6.6.6, " + std::string(text) + ", 10.0.0.1"),
              text.empty() || text == "," ? "6.6.6.6 - - -" : "10.0.0.1 - - -")
        << text;
  }
}

TEST(XForwarded, ALeftOverQuoteHidesNothing) {
  EXPECT_EQ(read_for("\"6.6.6.6, 192.0.2.1"), "192.0.2.1 - - -");
  EXPECT_EQ(read_for("\", 192.0.2.1"), "192.0.2.1 - - -");
}

TEST(XForwarded, ListsOfOneLengthBelongTogether) {
  EXPECT_EQ(read({{"X-Forwarded-For", "6.6.6.6, 192.0.2.1, 10.0.0.1"},
                  {"X-Forwarded-Proto", "ftp, https, http"},
                  {"X-Forwarded-Host", "evil, example.org, inner"}}),
            "192.0.2.1 https example.org -");
}

TEST(XForwarded, OtherwiseTheNearestProxysWordCounts) {
  EXPECT_EQ(read({{"X-Forwarded-For", "6.6.6.6, 192.0.2.1, 10.0.0.1"},
                  {"X-Forwarded-Proto", "http"},
                  {"X-Forwarded-Host", "evil, example.org"}}),
            "192.0.2.1 http example.org -");
  EXPECT_EQ(read({{"X-Forwarded-Proto", "http, https"}}), "- https - -");
}

TEST(XForwarded, WhatIsNotUnderstoodIsIgnored) {
  EXPECT_EQ(read({{"X-Forwarded-For", "192.0.2.1"},
                  {"X-Forwarded-Proto", "gopher"},
                  {"X-Forwarded-Host", "a b"},
                  {"X-Forwarded-Port", "65536"}}),
            "192.0.2.1 - - -");
  EXPECT_EQ(read({{"X-Forwarded-Host", "user@example.org"}, {"X-Forwarded-Port", "80a"}}),
            "- - - -");
}

TEST(XForwarded, GoesBeforeForwarded) {
  EXPECT_EQ(
      read({{"Forwarded", "for=6.6.6.6;proto=https;host=evil"}, {"X-Forwarded-For", "192.0.2.1"}}),
      "192.0.2.1 - - -");
  EXPECT_EQ(read({{"Forwarded", "for=6.6.6.6;host=evil"}, {"X-Forwarded-Proto", "https"}}),
            "- https - -");
}

// A proxy that does not set a field passes on the client's.
TEST(XForwarded, OnlyTheBelievedFieldsAreRead) {
  const Fields all = {{"X-Forwarded-For", "192.0.2.1"},
                      {"X-Forwarded-Proto", "https"},
                      {"X-Forwarded-Host", "evil"},
                      {"X-Forwarded-Port", "99"},
                      {"Forwarded", "for=6.6.6.6;host=worse"}};
  EXPECT_EQ(read(all, {}), "192.0.2.1 https - -");
  EXPECT_EQ(read(all, {.client = false}), "- https - -");
  EXPECT_EQ(read(all, {.scheme = false}), "192.0.2.1 - - -");
  EXPECT_EQ(read(all, {.host = true}), "192.0.2.1 https evil -");
  EXPECT_EQ(read(all, {.port = true}), "192.0.2.1 https - 99");
  EXPECT_EQ(read(all, {.rfc7239 = true}), "192.0.2.1 https - -");
  EXPECT_EQ(read(all, {.client = false, .scheme = false, .rfc7239 = true}), "6.6.6.6 - worse -");
  EXPECT_EQ(read(all, {.client = false, .scheme = false}), "- - - -");
  EXPECT_EQ(read({{"Forwarded", "for=6.6.6.6;host=evil"}}, {}), "- - - -");
}

TEST(XForwarded, ListsOfFieldsThatAreNotReadHaveNoClient) {
  const ForwardedFields no_client{.client = false};
  EXPECT_EQ(read({{"X-Forwarded-For", "1.1.1.1, 10.0.0.1"}, {"X-Forwarded-Proto", "https, http"}},
                 no_client),
            "- http - -");
}

TEST(IgnoredField, IsOneThatWouldHaveSaidSomethingElse) {
  const auto ignored = [](const Fields& fields, const ForwardedFields& believed) {
    RequestHead head;
    for (const auto& [name, value] : fields) {
      head.add_field(name, value);
      if (name == "Host") head.authority = head.fields.back().value;
    }
    return std::string(ignored_field(head, believed));
  };
  const Fields other_host = {{"Host", "a"}, {"X-Forwarded-Host", "b"}};
  EXPECT_EQ(ignored(other_host, {}), "X-Forwarded-Host");
  EXPECT_EQ(ignored(other_host, {.host = true}), "");
  EXPECT_EQ(ignored({{"Host", "a"}, {"X-Forwarded-Host", "a"}}, {}), "");
  EXPECT_EQ(ignored({{"Host", "a"}, {"X-Forwarded-Port", "1"}}, {}), "");
  EXPECT_EQ(ignored({{"Forwarded", "for=1.1.1.1"}}, {}), "Forwarded");
  EXPECT_EQ(ignored({{"Forwarded", "for=1.1.1.1"}}, {.rfc7239 = true}), "");
  EXPECT_EQ(ignored({{"Forwarded", "for=1.1.1.1"}, {"X-Forwarded-For", "1.1.1.1"}}, {}), "");
}

TEST(Forwarded, OneProxy) {
  EXPECT_EQ(read_forwarded_field("for=192.0.2.1;proto=https;by=10.0.0.1;host=example.org"),
            "192.0.2.1 https example.org -");
  EXPECT_EQ(read_forwarded_field("For=\"[2001:db8::1]:4711\"; Proto=HTTP ;Host=\"a.org:81\""),
            "2001:db8::1#4711 http a.org:81 -");
  EXPECT_EQ(read_forwarded_field("proto=https"), "- https - -");
  EXPECT_EQ(read_forwarded_field("for=192.0.2.1;secret=\"a,b;c\\\"d\""), "192.0.2.1 - - -");
}

TEST(Forwarded, SeveralProxies) {
  EXPECT_EQ(read_forwarded_field("for=6.6.6.6;host=evil, for=192.0.2.1;proto=https, for=10.0.0.1"),
            "192.0.2.1 https - -");
  EXPECT_EQ(read_forwarded_field("for=192.0.2.1, for=10.0.0.1;proto=https;host=a"),
            "192.0.2.1 https a -");
  EXPECT_EQ(read({{"Forwarded", "for=6.6.6.6, for=192.0.2.1"}, {"Forwarded", "for=10.0.0.1"}}),
            "192.0.2.1 - - -");
}

TEST(Forwarded, TheUnknownEndsTheReading) {
  EXPECT_EQ(read_forwarded_field("for=6.6.6.6;host=evil, for=unknown;host=a, for=10.0.0.1"),
            "10.0.0.1 - a -");
  EXPECT_EQ(read_forwarded_field("for=6.6.6.6, proto=https"), "- https - -");
}

TEST(Forwarded, WhatAClientBreaksDoesNotHideWhatTheProxyAdds) {
  for (const std::string_view forged :
       {"for=\"6.6.6.6", "\"", "for=6.6.6.6;for=7.7.7.7", "for=\"6.6.6.6\\\"", "=", "for",
        "for=", "for==6.6.6.6", "for =6.6.6.6", "f\"or=6.6.6.6", "\\\"", "for=\"a\"\""}) {
    EXPECT_EQ(read_forwarded_field(std::string(forged) + ", for=192.0.2.1"), "192.0.2.1 - - -")
        << forged;
    EXPECT_EQ(read_forwarded_field(std::string(forged) + ", for=10.0.0.1;proto=http"),
              "10.0.0.1 http - -")
        << forged;
  }
}

TEST(Forwarded, EscapedValuesSayNothing) {
  EXPECT_EQ(read_forwarded_field("for=\"192.0.2.\\1\";proto=https"), "- https - -");
}

}  // namespace
}  // namespace tusk::http
