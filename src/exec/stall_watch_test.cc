#include "exec/stall_watch.h"

#include <chrono>

#include <gtest/gtest.h>

namespace tusk::exec {
namespace {

using namespace std::chrono_literals;
using News = StallWatch::News;

constexpr base::MonotonicTime kStart{100s};

TEST(StallWatch, AQueueThatNobodyTakesFromIsStalled) {
  StallWatch watch(30s);
  EXPECT_EQ(watch.look(kStart, 0, 5), News::kNone);
  EXPECT_EQ(watch.look(kStart + 1s, 2, 5), News::kNone);
  EXPECT_EQ(watch.look(kStart + 29s, 2, 5), News::kNone);
  EXPECT_EQ(watch.stalled_for(kStart + 29s), 0s);
  EXPECT_EQ(watch.look(kStart + 30s, 3, 5), News::kBegan);
  EXPECT_EQ(watch.look(kStart + 31s, 3, 5), News::kNone);  // said once
  EXPECT_EQ(watch.stalled_for(kStart + 31s), 31s);
  EXPECT_EQ(watch.look(kStart + 32s, 3, 6), News::kEnded);
  EXPECT_EQ(watch.stalled_for(kStart + 32s), 0s);
  EXPECT_EQ(watch.look(kStart + 61s, 3, 6), News::kNone);
  EXPECT_EQ(watch.look(kStart + 62s, 3, 6), News::kBegan);  // and again
}

TEST(StallWatch, AQueueThatIsWorkedOffIsNot) {
  StallWatch watch(30s);
  for (int second = 0; second < 300; ++second) {
    EXPECT_EQ(watch.look(kStart + 1s * second, 1000, static_cast<std::size_t>(second / 20)),
              News::kNone);
  }
}

TEST(StallWatch, BusyWorkersWithoutAnyoneWhoWaitsAreNot) {
  StallWatch watch(30s);
  for (int second = 0; second < 300; ++second) {
    EXPECT_EQ(watch.look(kStart + 1s * second, 0, 4), News::kNone);
  }
  EXPECT_EQ(watch.look(kStart + 301s, 1, 4), News::kNone);  // has only begun to wait
  EXPECT_EQ(watch.look(kStart + 328s, 1, 4), News::kNone);
  EXPECT_EQ(watch.look(kStart + 330s, 1, 4), News::kBegan);
  EXPECT_EQ(watch.look(kStart + 331s, 0, 4), News::kEnded);  // they have been refused and taken out
}

TEST(StallWatch, ZeroIsNever) {
  StallWatch watch(0s);
  for (int second = 0; second < 300; ++second) {
    EXPECT_EQ(watch.look(kStart + 1s * second, 7, 4), News::kNone);
  }
}

}  // namespace
}  // namespace tusk::exec
