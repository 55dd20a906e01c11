#include "server/body_progress.h"

#include <gtest/gtest.h>

namespace tusk::server {
namespace {

using std::chrono::seconds;

base::MonotonicTime at(int second) { return base::MonotonicTime(seconds(second)); }

TEST(BodyProgress, WantsProgress) {
  BodyProgress progress(seconds(30), 0);
  progress.begin(at(100));
  EXPECT_EQ(progress.deadline(), at(130));
  progress.add(1, at(110));
  EXPECT_EQ(progress.deadline(), at(140));
}

TEST(BodyProgress, WantsARateAfterItsGrace) {
  BodyProgress progress(seconds(30), 100);
  progress.begin(at(100));
  EXPECT_EQ(progress.deadline(), at(105));
  progress.add(1000, at(101));
  EXPECT_EQ(progress.deadline(), at(115));
  progress.add(1'000'000, at(102));
  EXPECT_EQ(progress.deadline(), at(132));
  progress.begin(at(200));
  EXPECT_EQ(progress.deadline(), at(205));
}

TEST(BodyProgress, SharesTheRate) {
  BodyProgress progress(seconds(30), 100);
  progress.begin(at(100));
  progress.add(100, at(101));
  EXPECT_EQ(progress.deadline(1), at(106));
  EXPECT_EQ(progress.deadline(10), at(115));
}

}  // namespace
}  // namespace tusk::server
