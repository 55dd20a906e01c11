#include "server/http2/stream_progress.h"

#include <gtest/gtest.h>

namespace tusk::server::http2 {
namespace {

using http::h2::Holdup;
using std::chrono::milliseconds;
using std::chrono::seconds;

base::MonotonicTime at(base::Duration since_start) { return base::MonotonicTime(since_start); }

TEST(StreamProgress, EndsWhatTakesTooLittleOfItsOwnWindow) {
  StreamProgress patience(seconds(10), 100);
  patience.begin(at(seconds(0)), 0);
  EXPECT_EQ(patience.until(), at(seconds(10)));
  patience.count(1000);
  EXPECT_TRUE(patience.goes_on(Holdup::kStreamWindow, at(seconds(10)), 1000, 1));
  EXPECT_EQ(patience.until(), at(seconds(20)));
  patience.count(999);
  EXPECT_FALSE(patience.goes_on(Holdup::kStreamWindow, at(seconds(20)), 5000, 1));
}

TEST(StreamProgress, SharesTheRateAmongStreams) {
  StreamProgress patience(seconds(10), 100);
  patience.begin(at(seconds(0)), 0);
  patience.count(100);
  EXPECT_TRUE(patience.goes_on(Holdup::kStreamWindow, at(seconds(10)), 100, 10));
  patience.count(99);
  EXPECT_FALSE(patience.goes_on(Holdup::kStreamWindow, at(seconds(20)), 100, 10));
}

TEST(StreamProgress, WantsAByteWithoutARate) {
  StreamProgress patience(seconds(10), 0);
  patience.begin(at(seconds(0)), 0);
  patience.count(1);
  EXPECT_TRUE(patience.goes_on(Holdup::kStreamWindow, at(seconds(10)), 1, 100));
  EXPECT_FALSE(patience.goes_on(Holdup::kStreamWindow, at(seconds(20)), 9999, 100));
}

TEST(StreamProgress, AsksTheConnectionWhereItsWindowIsShut) {
  StreamProgress patience(seconds(10), 100);
  patience.begin(at(seconds(0)), 5000);
  EXPECT_TRUE(patience.goes_on(Holdup::kConnectionWindow, at(seconds(10)), 6000, 50));
  EXPECT_FALSE(patience.goes_on(Holdup::kConnectionWindow, at(seconds(20)), 6999, 50));
}

TEST(StreamProgress, WaitsForItsTurn) {
  StreamProgress patience(seconds(10), 100);
  patience.begin(at(seconds(0)), 0);
  EXPECT_TRUE(patience.goes_on(Holdup::kTurn, at(seconds(10)), 0, 1));
  EXPECT_TRUE(patience.goes_on(Holdup::kTurn, at(seconds(20)), 0, 1));
}

TEST(StreamProgress, CountsTheTimeOfAllWaitsAndOfNothingElse) {
  StreamProgress patience(seconds(10), 100);
  for (int i = 0; i < 3; ++i) {
    patience.begin(at(seconds(100 * i)), 0);
    EXPECT_EQ(patience.until(), at(seconds(100 * i + 10 - 3 * i)));
    patience.count(1);
    patience.end(at(seconds(100 * i + 3)), 0);
  }
  patience.begin(at(seconds(300)), 0);
  EXPECT_EQ(patience.until(), at(seconds(301)));
  EXPECT_FALSE(patience.goes_on(Holdup::kStreamWindow, at(seconds(301)), 0, 1));
}

TEST(StreamProgress, NeverAsksAtOnceForEver) {
  StreamProgress patience(milliseconds(10), 0);
  patience.begin(at(seconds(0)), 0);
  patience.end(at(seconds(1)), 0);
  patience.begin(at(seconds(2)), 0);
  EXPECT_GT(patience.until(), at(seconds(2)));
}

// What it is stored in is scarce: the same rate is asked for after seconds.
TEST(StreamProgress, IsJudgedSoonerWhileTheStoreIsScarce) {
  StreamProgress patience(seconds(60), 100);
  patience.begin(at(seconds(0)), 0);
  EXPECT_EQ(patience.until(), at(seconds(60)));
  EXPECT_EQ(patience.until(true), at(seconds(8)));
  EXPECT_TRUE(patience.goes_on(Holdup::kStreamWindow, at(seconds(8)), 0, 1)) << "not scarce yet";
  patience.count(1600);
  EXPECT_TRUE(patience.goes_on(Holdup::kStreamWindow, at(seconds(16)), 0, 1, true)) << "enough";
  EXPECT_EQ(patience.until(true), at(seconds(24)));
  patience.count(799);
  EXPECT_FALSE(patience.goes_on(Holdup::kStreamWindow, at(seconds(24)), 0, 1, true));
}

}  // namespace
}  // namespace tusk::server::http2
