#include "http/request_id.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace tusk::http {
namespace {

TEST(RequestId, IsMadeOfTheNumber) {
  std::set<std::string> seen;
  for (std::uint64_t number = 1; number <= 1000; ++number) {
    const std::string id(RequestId::made_for(number).view());
    EXPECT_EQ(id.size(), 32U);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(id, RequestId::made_for(number).view());
    seen.insert(id.substr(0, 16));
    seen.insert(id.substr(16));
  }
  EXPECT_EQ(seen.size(), 2000U);
}

TEST(RequestId, TakesWhatNeedsNoEscaping) {
  for (const char* good :
       {"a", "3f0e-11", "Root=1-67891233-abcdef012345678912345678", "a_b:c/d+e.f@g~"}) {
    EXPECT_TRUE(RequestId::is_valid(good)) << good;
    EXPECT_EQ(RequestId::given(good).view(), good);
  }
  for (const char* bad :
       {"", "a b", "a\"", "a\\", "a\n", "<script>", "a;b", "a,b", "\xc3\xa4", "a'b", "a%b"}) {
    EXPECT_FALSE(RequestId::is_valid(bad)) << bad;
  }
  EXPECT_TRUE(RequestId::is_valid(std::string(128, 'x')));
  EXPECT_FALSE(RequestId::is_valid(std::string(129, 'x')));
}

TEST(RequestId, AProcessMakesTheIdsOfAnother) {
  const RequestIdKeys own = request_id_keys();
  const std::string before(RequestId::made_for(7).view());
  const std::uint64_t other = random_bits_of(7, 2);
  take_request_id_keys({1, 2, 3, 4});
  EXPECT_NE(RequestId::made_for(7).view(), before);
  EXPECT_EQ(random_bits_of(7, 2), other);
  take_request_id_keys(own);
  EXPECT_EQ(RequestId::made_for(7).view(), before);
}

}  // namespace
}  // namespace tusk::http
