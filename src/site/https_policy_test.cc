#include "site/https_policy.h"

#include <gtest/gtest.h>

namespace tusk::site {
namespace {

TEST(HttpsPolicy, LeadsToTheSameHostAndTarget) {
  const HttpsPolicy policy{.redirect_status = 301, .https_port = 443, .hsts = {}};
  EXPECT_EQ(policy.https_location("example.org", "/a%2Fb?c=d"), "https://example.org/a%2Fb?c=d");
  EXPECT_EQ(policy.https_location("example.org", "/"), "https://example.org/");
  EXPECT_EQ(policy.https_location("[::1]", "/"), "https://[::1]/");
}

TEST(HttpsPolicy, NamesThePortThatIsNotTheUsualOne) {
  const HttpsPolicy policy{.redirect_status = 308, .https_port = 8443, .hsts = {}};
  EXPECT_EQ(policy.https_location("example.org", "/x"), "https://example.org:8443/x");
  EXPECT_EQ(policy.https_location("[::1]", "/x"), "https://[::1]:8443/x");
}

TEST(HttpsPolicy, WithoutAHostThereIsNowhereToLeadTo) {
  const HttpsPolicy policy{.redirect_status = 301, .https_port = 443, .hsts = {}};
  EXPECT_EQ(policy.https_location("", "/x"), "");
  EXPECT_EQ(policy.https_location("example.org", "*"), "");
  EXPECT_EQ(policy.https_location("example.org", "http://other/x"), "");
}

}  // namespace
}  // namespace tusk::site
