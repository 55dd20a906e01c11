#include "clients/content_shares.h"

#include <vector>

#include <gtest/gtest.h>

namespace tusk::clients {
namespace {

constexpr files::ContentUsage::Limits kLimits{.cached = {},
                                              .held = {.descriptors = 400, .bytes = 1000}};

class ContentSharesTest : public ::testing::Test {
 protected:
  files::ContentUsage usage_{kLimits};
  ContentShares shares_{usage_};
  std::optional<base::ClientKey> a_ = base::client_key("192.0.2.1");
  std::optional<base::ClientKey> b_ = base::client_key("192.0.2.2");
};

TEST_F(ContentSharesTest, AClientHasAQuarter) {
  std::vector<ContentShares::Share> held;
  for (int i = 0; i < 100; ++i) {
    auto share = shares_.take(a_, {.descriptors = 1});
    ASSERT_TRUE(share);
    held.push_back(std::move(*share));
  }
  EXPECT_FALSE(shares_.take(a_, {.descriptors = 1}));
  EXPECT_TRUE(shares_.take(b_, {.descriptors = 1})) << "others are not concerned";
  EXPECT_TRUE(shares_.take(std::nullopt, {.descriptors = 1})) << "cannot be told from others";
  held.pop_back();
  EXPECT_TRUE(shares_.take(a_, {.descriptors = 1}));
  held.clear();
  EXPECT_EQ(shares_.clients(), 0U);
}

TEST_F(ContentSharesTest, AClientMayAlwaysHoldOne) {
  const auto large = shares_.take(a_, {.bytes = 900});
  EXPECT_TRUE(large);
  EXPECT_FALSE(shares_.take(a_, {.bytes = 1}));
  EXPECT_EQ(shares_.clients(), 1U);
}

TEST_F(ContentSharesTest, ARefusedClientLeavesNothingBehind) {
  EXPECT_TRUE(shares_.take(b_, {}));
  EXPECT_EQ(shares_.clients(), 0U);
}

}  // namespace
}  // namespace tusk::clients
