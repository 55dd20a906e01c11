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

}  // namespace
}  // namespace tusk::observe::inline scoreboard
