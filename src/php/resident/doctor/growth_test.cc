#include "php/resident/doctor/growth.h"

#include <gtest/gtest.h>

namespace tusk::php::resident::doctor {
namespace {

// How many of the calls have found growth.
template <class Next>
int found(SteadyGrowth& growth, int requests, Next next) {
  int count = 0;
  for (int i = 0; i < requests; ++i) count += growth.add(next(i)) ? 1 : 0;
  return count;
}

constexpr int kFirstVerdict = SteadyGrowth::kWarmUp + SteadyGrowth::kWindow + 1;

TEST(SteadyGrowth, FindsWhatGrowsWithEachRequest) {
  SteadyGrowth growth;
  const auto next = [](int i) { return static_cast<std::uint64_t>(100 + 10 * i); };
  EXPECT_EQ(found(growth, kFirstVerdict - 1, next), 0);
  EXPECT_TRUE(growth.add(next(kFirstVerdict - 1)));
  EXPECT_EQ(growth.last() - growth.first(), 80U);
  EXPECT_EQ(found(growth, SteadyGrowth::kWindow - 1, [](int) { return 1000U; }), 0);
}

TEST(SteadyGrowth, FindsWhatGrowsWithEverySecondRequest) {
  SteadyGrowth growth;
  const auto next = [](int i) { return static_cast<std::uint64_t>(i / 2); };
  EXPECT_EQ(found(growth, kFirstVerdict, next), 1);
}

TEST(SteadyGrowth, WarmUpIsNoGrowth) {
  SteadyGrowth growth;
  const auto next = [](int i) { return static_cast<std::uint64_t>(i < 5 ? i : 5); };
  EXPECT_EQ(found(growth, 50, next), 0);
}

TEST(SteadyGrowth, WhatAlsoFallsDoesNotGrow) {
  SteadyGrowth growth;
  const auto next = [](int i) { return static_cast<std::uint64_t>(i % 6); };
  EXPECT_EQ(found(growth, 60, next), 0);
}

}  // namespace
}  // namespace tusk::php::resident::doctor
