#include "http/h2/frame_budget.h"

#include <gtest/gtest.h>

namespace tusk::http::h2 {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const base::MonotonicTime kStart{seconds(1000)};

int spend_all(FrameBudget& budget, base::MonotonicTime now) {
  int spent = 0;
  while (budget.spend(now)) ++spent;
  return spent;
}

TEST(FrameBudget, AllowsItsSizeAtOnceAndNoMore) {
  FrameBudget budget(100);
  EXPECT_EQ(spend_all(budget, kStart), 100);
  EXPECT_FALSE(budget.spend(kStart));
}

TEST(FrameBudget, RefillsEvenlyWithinTenSeconds) {
  FrameBudget budget(100);
  spend_all(budget, kStart);
  EXPECT_EQ(spend_all(budget, kStart + seconds(1)), 10);
  EXPECT_EQ(spend_all(budget, kStart + seconds(6)), 50);
}

TEST(FrameBudget, IsNeverMoreThanFull) {
  FrameBudget budget(100);
  spend_all(budget, kStart);
  EXPECT_EQ(spend_all(budget, kStart + seconds(3600)), 100);
  budget.earn(1'000'000);
  EXPECT_EQ(budget.left(), 100U);
}

TEST(FrameBudget, TimeTooShortForOneIsNotLost) {
  FrameBudget budget(10);  // one frame a second
  spend_all(budget, kStart);
  for (int i = 1; i < 10; ++i) EXPECT_FALSE(budget.spend(kStart + milliseconds(100 * i))) << i;
  EXPECT_TRUE(budget.spend(kStart + seconds(1)));
}

TEST(FrameBudget, WhatIsEarnedCanBeSpent) {
  FrameBudget budget(10);
  spend_all(budget, kStart);
  budget.earn(4);
  EXPECT_EQ(spend_all(budget, kStart), 4);
}

TEST(FrameBudget, AClockThatStandsStillOrGoesBackGivesNothing) {
  FrameBudget budget(10);
  spend_all(budget, kStart);
  EXPECT_FALSE(budget.spend(kStart - seconds(5)));
}

}  // namespace
}  // namespace tusk::http::h2
