#include "clients/admission.h"

#include <string>

#include <gtest/gtest.h>

namespace tusk::clients {
namespace {

using Outcome = Admission::Outcome;

TEST(ClientKey, IsAnAddressOrANetworkOf64Bits) {
  EXPECT_EQ(base::client_key("192.0.2.1"), base::client_key("::ffff:192.0.2.1"));
  EXPECT_NE(base::client_key("192.0.2.1"), base::client_key("192.0.2.2"));
  EXPECT_EQ(base::client_key("2001:db8:0:1::1"), base::client_key("2001:db8:0:1:ffff::2"));
  EXPECT_NE(base::client_key("2001:db8:0:1::1"), base::client_key("2001:db8:0:2::1"));
  EXPECT_NE(base::client_key("::1"), base::client_key("0.0.0.1"));
  EXPECT_EQ(base::client_key("unix:"), std::nullopt);
}

TEST(Admission, CountsAll) {
  Admission admission({.connections = 2, .per_client = 2});
  EXPECT_EQ(admission.enter(base::client_key("192.0.2.1")), Outcome::kAdmitted);
  EXPECT_EQ(admission.enter(std::nullopt), Outcome::kAdmitted);
  EXPECT_EQ(admission.enter(base::client_key("192.0.2.2")), Outcome::kFull);
  EXPECT_EQ(admission.connections(), 2U);
  admission.leave(std::nullopt);
  EXPECT_EQ(admission.enter(base::client_key("192.0.2.2")), Outcome::kAdmitted);
}

TEST(Admission, CountsThoseOfAClient) {
  Admission admission({.connections = 100, .per_client = 2});
  const auto one = base::client_key("192.0.2.1");
  EXPECT_EQ(admission.enter(one), Outcome::kAdmitted);
  EXPECT_EQ(admission.enter(one), Outcome::kAdmitted);
  EXPECT_EQ(admission.enter(one), Outcome::kClientFull);
  EXPECT_EQ(admission.enter(base::client_key("192.0.2.2")), Outcome::kAdmitted);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(admission.enter(std::nullopt), Outcome::kAdmitted);
  admission.leave(one);
  EXPECT_EQ(admission.enter(one), Outcome::kAdmitted);
}

TEST(Admission, ForgetsAClientWithoutConnections) {
  Admission admission({.connections = 1000, .per_client = 1});
  for (int i = 0; i < 500; ++i) {
    const auto client =
        base::client_key("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    ASSERT_EQ(admission.enter(client), Outcome::kAdmitted);
    admission.leave(client);
  }
  EXPECT_EQ(admission.clients(), 0U);
  EXPECT_EQ(admission.connections(), 0U);
}

TEST(Admission, AConnectionBecomesAnotherClients) {
  Admission admission({.connections = 10, .per_client = 1});
  const auto real = base::client_key("192.0.2.1");
  std::optional<base::ClientKey> first;  // a load balancer, which is not counted
  ASSERT_EQ(admission.enter(first), Outcome::kAdmitted);
  EXPECT_TRUE(admission.change(first, real));
  EXPECT_EQ(first, real);
  std::optional<base::ClientKey> second;
  ASSERT_EQ(admission.enter(second), Outcome::kAdmitted);
  EXPECT_FALSE(admission.change(second, real));
  EXPECT_EQ(second, std::nullopt);
  admission.leave(second);
  admission.leave(first);
  EXPECT_EQ(admission.connections(), 0U);
  EXPECT_EQ(admission.clients(), 0U);
}

}  // namespace
}  // namespace tusk::clients
