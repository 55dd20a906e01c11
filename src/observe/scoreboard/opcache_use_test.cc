#include "observe/scoreboard/opcache_use.h"

#include <gtest/gtest.h>

namespace tusk::observe::inline scoreboard {
namespace {

//                            memory         strings  scripts and keys  JIT
const OpcacheUse kFullMemory({90, 5, 5, 10, 90, 5, 10, 100, 10, 90});
const OpcacheUse kFullKeys({50, 50, 0, 10, 90, 8, 99, 100, 20, 80});

TEST(OpcacheUse, TakesEachResourceOfTheFullest) {
  OpcacheUse all;
  all.take_fullest(kFullKeys);
  EXPECT_EQ(all.values(), kFullKeys.values());
  all.take_fullest(kFullMemory);
  EXPECT_EQ(all.values(), (OpcacheUse::Values{90, 5, 5, 10, 90, 8, 99, 100, 20, 80}));
}

TEST(OpcacheUse, WastedMemoryIsNotFree) {
  OpcacheUse all({60, 40, 0});
  all.take_fullest(OpcacheUse({10, 10, 80}));
  EXPECT_EQ(all[OpcacheFigure::kMemoryWasted], 80U);
}

TEST(OpcacheUse, AnEmptyOneIsMoreThanNone) {
  OpcacheUse all;
  all.take_fullest(OpcacheUse({0, 100, 0, 0, 8, 0, 0, 50, 0, 0}));
  EXPECT_EQ(all[OpcacheFigure::kMemoryFree], 100U);
  EXPECT_EQ(all[OpcacheFigure::kMaxKeys], 50U);
  all.take_fullest({});
  EXPECT_EQ(all[OpcacheFigure::kMemoryFree], 100U);
}

TEST(OpcacheState, CountsAreAddedUp) {
  OpcacheState all{.restarts = {1, 2, 3}, .hits = 10, .misses = 20};
  all.add({.restarts = {1, 0, 4}, .hits = 5, .restart_pending = true, .use = kFullKeys});
  EXPECT_EQ(all.restarts, (std::array<std::uint64_t, 3>{2, 2, 7}));
  EXPECT_EQ(all.hits, 15U);
  EXPECT_EQ(all.misses, 20U);
  EXPECT_TRUE(all.restart_pending);
  EXPECT_EQ(all.use.values(), kFullKeys.values());
}

}  // namespace
}  // namespace tusk::observe::inline scoreboard
