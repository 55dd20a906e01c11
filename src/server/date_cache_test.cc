#include "server/date_cache.h"

#include <ctime>
#include <string>

#include <gtest/gtest.h>

namespace tusk::server {
namespace {

TEST(DateCache, IsTheTimeOfTheClock) {
  DateCache cache;
  const std::time_t before = std::time(nullptr);
  const std::int64_t seconds = cache.seconds();
  const std::time_t after = std::time(nullptr);
  // The coarse clock may be a tick behind.
  EXPECT_GE(seconds, before - 1);
  EXPECT_LE(seconds, after);
}

TEST(DateCache, TextAndSecondsAreOfTheSameTime) {
  DateCache cache;
  std::string text;
  std::int64_t second = 0;
  do {  // again if the second changes in between
    second = cache.seconds();
    text = cache.text();
  } while (cache.seconds() != second);
  std::array<char, http::kDateBytes> expected{};
  http::format_date(second, expected);
  EXPECT_EQ(text, std::string(expected.data(), expected.size()));
}

}  // namespace
}  // namespace tusk::server
