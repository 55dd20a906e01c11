#include "tls/ticket_keys.h"

#include <string>

#include <gtest/gtest.h>

namespace tusk::tls {
namespace {

using std::chrono::seconds;

constexpr seconds kInterval{100};

std::string name_of(const TicketKeys::Key& key) {
  return {reinterpret_cast<const char*>(key.name.data()), key.name.size()};
}

TEST(TicketKeys, SealForAnIntervalAndOpenForOneMore) {
  TicketKeys keys(kInterval);
  const base::MonotonicTime start = base::now();
  const std::string first = name_of(*keys.current(start));
  EXPECT_EQ(name_of(*keys.current(start + seconds(99))), first);
  EXPECT_TRUE(keys.find(first, start + seconds(99))->is_current);

  const std::string second = name_of(*keys.current(start + seconds(100)));
  EXPECT_NE(second, first);
  const auto old = keys.find(first, start + seconds(199));
  ASSERT_TRUE(old);
  EXPECT_FALSE(old->is_current) << "what it opens is to be sealed anew";
  EXPECT_FALSE(keys.find(first, start + seconds(200)));
  EXPECT_TRUE(keys.find(second, start + seconds(200)));
}

TEST(TicketKeys, AfterALongPauseNoOldKeyOpensAnything) {
  TicketKeys keys(kInterval);
  const base::MonotonicTime start = base::now();
  const std::string first = name_of(*keys.current(start));
  EXPECT_FALSE(keys.find(first, start + seconds(1000)));
}

TEST(TicketKeys, KnowsNoOtherNames) {
  TicketKeys keys(kInterval);
  EXPECT_FALSE(keys.find(std::string(16, '\0'), base::now()));
  EXPECT_FALSE(keys.find("", base::now()));
}

}  // namespace
}  // namespace tusk::tls
