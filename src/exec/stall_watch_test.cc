#include "exec/stall_watch.h"

#include <chrono>

#include <gtest/gtest.h>

namespace tusk::exec {
namespace {

using namespace std::chrono_literals;
using Change = StallWatch::Change;

constexpr base::MonotonicTime kStart{100s};

TEST(StallWatch, AQueueThatNobodyTakesFromIsStalled) {
  StallWatch watch(30s);
  EXPECT_EQ(watch.check(kStart, 0, 5), Change::kNone);
  EXPECT_EQ(watch.check(kStart + 1s, 2, 5), Change::kNone);
  EXPECT_EQ(watch.check(kStart + 29s, 2, 5), Change::kNone);
  EXPECT_EQ(watch.stalled_for(kStart + 29s), 0s);
  EXPECT_EQ(watch.check(kStart + 30s, 3, 5), Change::kStalled);
  EXPECT_EQ(watch.check(kStart + 31s, 3, 5), Change::kNone);  // reported once
  EXPECT_EQ(watch.stalled_for(kStart + 31s), 31s);
  EXPECT_EQ(watch.check(kStart + 32s, 3, 6), Change::kRecovered);
  EXPECT_EQ(watch.stalled_for(kStart + 32s), 0s);
  EXPECT_EQ(watch.check(kStart + 61s, 3, 6), Change::kNone);
  EXPECT_EQ(watch.check(kStart + 62s, 3, 6), Change::kStalled);  // and again
}

TEST(StallWatch, AQueueThatIsWorkedOffIsNot) {
  StallWatch watch(30s);
  for (int second = 0; second < 300; ++second) {
    EXPECT_EQ(watch.check(kStart + 1s * second, 1000, static_cast<std::size_t>(second / 20)),
              Change::kNone);
  }
}

TEST(StallWatch, BusyWorkersWithoutAnyoneWhoWaitsAreNot) {
  StallWatch watch(30s);
  for (int second = 0; second < 300; ++second) {
    EXPECT_EQ(watch.check(kStart + 1s * second, 0, 4), Change::kNone);
  }
  EXPECT_EQ(watch.check(kStart + 301s, 1, 4), Change::kNone);  // has only begun to wait
  EXPECT_EQ(watch.check(kStart + 328s, 1, 4), Change::kNone);
  EXPECT_EQ(watch.check(kStart + 330s, 1, 4), Change::kStalled);
  EXPECT_EQ(watch.check(kStart + 331s, 0, 4),
            Change::kRecovered);  // they were refused and taken out
}

TEST(StallWatch, ZeroIsNever) {
  StallWatch watch(0s);
  for (int second = 0; second < 300; ++second) {
    EXPECT_EQ(watch.check(kStart + 1s * second, 7, 4), Change::kNone);
  }
}

}  // namespace
}  // namespace tusk::exec
