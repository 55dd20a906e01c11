#include "server/http2/stream_progress.h"

#include <gtest/gtest.h>

namespace tusk::server::http2 {
namespace {

using exec::StoreUse;
using http::h2::BlockedOn;
using std::chrono::milliseconds;
using std::chrono::seconds;

base::MonotonicTime at(base::Duration since_start) { return base::MonotonicTime(since_start); }

TEST(StreamProgress, EndsWhatTakesTooLittleOfItsOwnWindow) {
  StreamProgress progress(seconds(10), 100);
  progress.begin_wait(at(seconds(0)), 0);
  EXPECT_EQ(progress.deadline(), at(seconds(10)));
  progress.add_taken(1000);
  EXPECT_TRUE(progress.is_sufficient(BlockedOn::kStreamWindow, at(seconds(10)), 1000, 1));
  EXPECT_EQ(progress.deadline(), at(seconds(20)));
  progress.add_taken(999);
  EXPECT_FALSE(progress.is_sufficient(BlockedOn::kStreamWindow, at(seconds(20)), 5000, 1));
}

TEST(StreamProgress, SharesTheRateAmongStreams) {
  StreamProgress progress(seconds(10), 100);
  progress.begin_wait(at(seconds(0)), 0);
  progress.add_taken(100);
  EXPECT_TRUE(progress.is_sufficient(BlockedOn::kStreamWindow, at(seconds(10)), 100, 10));
  progress.add_taken(99);
  EXPECT_FALSE(progress.is_sufficient(BlockedOn::kStreamWindow, at(seconds(20)), 100, 10));
}

TEST(StreamProgress, WantsAByteWithoutARate) {
  StreamProgress progress(seconds(10), 0);
  progress.begin_wait(at(seconds(0)), 0);
  progress.add_taken(1);
  EXPECT_TRUE(progress.is_sufficient(BlockedOn::kStreamWindow, at(seconds(10)), 1, 100));
  EXPECT_FALSE(progress.is_sufficient(BlockedOn::kStreamWindow, at(seconds(20)), 9999, 100));
}

TEST(StreamProgress, AsksTheConnectionWhereItsWindowIsShut) {
  StreamProgress progress(seconds(10), 100);
  progress.begin_wait(at(seconds(0)), 5000);
  EXPECT_TRUE(progress.is_sufficient(BlockedOn::kConnectionWindow, at(seconds(10)), 6000, 50));
  EXPECT_FALSE(progress.is_sufficient(BlockedOn::kConnectionWindow, at(seconds(20)), 6999, 50));
}

TEST(StreamProgress, WaitsForItsTurn) {
  StreamProgress progress(seconds(10), 100);
  progress.begin_wait(at(seconds(0)), 0);
  EXPECT_TRUE(progress.is_sufficient(BlockedOn::kTurn, at(seconds(10)), 0, 1));
  EXPECT_TRUE(progress.is_sufficient(BlockedOn::kTurn, at(seconds(20)), 0, 1));
}

TEST(StreamProgress, CountsTheTimeOfAllWaitsAndOfNothingElse) {
  StreamProgress progress(seconds(10), 100);
  for (int i = 0; i < 3; ++i) {
    progress.begin_wait(at(seconds(100 * i)), 0);
    EXPECT_EQ(progress.deadline(), at(seconds(100 * i + 10 - 3 * i)));
    progress.add_taken(1);
    progress.end_wait(at(seconds(100 * i + 3)), 0);
  }
  progress.begin_wait(at(seconds(300)), 0);
  EXPECT_EQ(progress.deadline(), at(seconds(301)));
  EXPECT_FALSE(progress.is_sufficient(BlockedOn::kStreamWindow, at(seconds(301)), 0, 1));
}

TEST(StreamProgress, NeverAsksAtOnceForEver) {
  StreamProgress progress(milliseconds(10), 0);
  progress.begin_wait(at(seconds(0)), 0);
  progress.end_wait(at(seconds(1)), 0);
  progress.begin_wait(at(seconds(2)), 0);
  EXPECT_GT(progress.deadline(), at(seconds(2)));
}

// While the store is nearly full, the same rate is required every few seconds.
TEST(StreamProgress, IsJudgedSoonerWhileTheStoreIsNearlyFull) {
  StreamProgress progress(seconds(60), 100);
  progress.begin_wait(at(seconds(0)), 0);
  EXPECT_EQ(progress.deadline(), at(seconds(60)));
  EXPECT_EQ(progress.deadline(StoreUse::kWithRoom), at(seconds(8)));
  EXPECT_TRUE(progress.is_sufficient(BlockedOn::kStreamWindow, at(seconds(8)), 0, 1))
      << "not nearly full yet";
  progress.add_taken(1600);
  EXPECT_TRUE(progress.is_sufficient(BlockedOn::kStreamWindow, at(seconds(16)), 0, 1,
                                     StoreUse::kNearlyFull))
      << "enough";
  EXPECT_EQ(progress.deadline(StoreUse::kWithRoom), at(seconds(24)));
  progress.add_taken(799);
  EXPECT_FALSE(progress.is_sufficient(BlockedOn::kStreamWindow, at(seconds(24)), 0, 1,
                                      StoreUse::kNearlyFull));
}

}  // namespace
}  // namespace tusk::server::http2
