#include "clients/untrusted_forwarding.h"

#include <chrono>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <unistd.h>

#include "observe/captured_output.h"
#include "observe/log.h"

namespace tusk::clients {
namespace {

// The warnings are the process's, so each test uses addresses of its own.
std::string warning_of(std::string_view field, const net::Endpoint& peer) {
  const observe::CapturedOutput output(STDERR_FILENO);
  observe::init({});
  http::RequestHead head;
  head.add_field("Host", "example.org");
  head.add_field(field, "x");
  warn_of_untrusted_forwarding(head, peer);
  EXPECT_TRUE(observe::flush(std::chrono::seconds(20)));
  return output.text();
}

TEST(UntrustedForwarding, NamesThePeerAndTheField) {
  const std::string warning = warning_of("X-Forwarded-For", {"192.0.2.1", 1});
  EXPECT_NE(warning.find("192.0.2.1"), std::string::npos) << warning;
  EXPECT_NE(warning.find("X-Forwarded-For"), std::string::npos) << warning;
  EXPECT_NE(warning.find("trusted_proxies"), std::string::npos) << warning;
}

TEST(UntrustedForwarding, WarnsOfEachPeerOnce) {
  EXPECT_NE(warning_of("Forwarded", {"192.0.2.2", 1}), "");
  EXPECT_EQ(warning_of("Forwarded", {"192.0.2.2", 2}), "");
  EXPECT_NE(warning_of("forwarded", {"192.0.2.3", 1}), "");
}

TEST(UntrustedForwarding, AUnixSocketHasOneName) {
  EXPECT_NE(warning_of("X-Forwarded-Proto", {"unix:/run/x", 0}).find("unix"), std::string::npos);
  EXPECT_EQ(warning_of("X-Forwarded-Proto", {"", 0}), "");
}

TEST(UntrustedForwarding, IgnoresOtherFields) {
  for (const std::string_view field :
       {"X-Forwarded", "X-Forwarded-Server", "Accept", "X-Real-IP", "X-Forwarded-Portal"}) {
    EXPECT_EQ(warning_of(field, {"192.0.2.4", 1}), "") << field;
  }
}

TEST(IgnoredField, IsNamedOnce) {
  const auto warning = [](std::string_view field) {
    const observe::CapturedOutput output(STDERR_FILENO);
    observe::init({});
    http::RequestHead head;
    head.add_field("Host", "example.org");
    head.authority = head.fields.back().value;
    head.add_field(field, "example.com");
    warn_of_ignored_field(head, {}, {"192.0.2.9", 1});
    EXPECT_TRUE(observe::flush(std::chrono::seconds(20)));
    return output.text();
  };
  EXPECT_EQ(warning("X-Forwarded-Server"), "");
  const std::string first = warning("X-Forwarded-Host");
  EXPECT_NE(first.find("trusted_headers"), std::string::npos) << first;
  EXPECT_NE(first.find("peer=192.0.2.9 field=X-Forwarded-Host"), std::string::npos) << first;
  EXPECT_EQ(warning("x-forwarded-host"), "");
  EXPECT_NE(warning("Forwarded").find("field=Forwarded"), std::string::npos);
  EXPECT_EQ(warning("Forwarded"), "");
}

// Anyone can send such a field: the log must not grow with the number of addresses.
TEST(UntrustedForwarding, WarnsOfAFewPeersOnly) {
  int warnings = 0;
  for (int i = 0; i < 100; ++i) {
    const net::Endpoint peer{"198.51.100." + std::to_string(i), 1};
    if (!warning_of("X-Forwarded-Host", peer).empty()) ++warnings;
  }
  EXPECT_GT(warnings, 0);
  EXPECT_LE(warnings, 16);
}

}  // namespace
}  // namespace tusk::clients
