#include "server/body_progress.h"

#include <gtest/gtest.h>

namespace tusk::server {
namespace {

using std::chrono::seconds;

base::MonotonicTime at(int second) { return base::MonotonicTime(seconds(second)); }

TEST(BodyProgress, WantsProgress) {
  BodyProgress patience(seconds(30), 0);
  patience.begin(at(100));
  EXPECT_EQ(patience.until(), at(130));
  patience.count(1, at(110));
  EXPECT_EQ(patience.until(), at(140));
}

TEST(BodyProgress, WantsARateAfterItsGrace) {
  BodyProgress patience(seconds(30), 100);
  patience.begin(at(100));
  EXPECT_EQ(patience.until(), at(105));
  patience.count(1000, at(101));
  EXPECT_EQ(patience.until(), at(115));
  patience.count(1'000'000, at(102));
  EXPECT_EQ(patience.until(), at(132));
  patience.begin(at(200));
  EXPECT_EQ(patience.until(), at(205));
}

TEST(BodyProgress, SharesTheRate) {
  BodyProgress patience(seconds(30), 100);
  patience.begin(at(100));
  patience.count(100, at(101));
  EXPECT_EQ(patience.until(1), at(106));
  EXPECT_EQ(patience.until(10), at(115));
}

}  // namespace
}  // namespace tusk::server
