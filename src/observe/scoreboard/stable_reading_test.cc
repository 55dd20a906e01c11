#include "observe/scoreboard/stable_reading.h"

#include <gtest/gtest.h>

namespace tusk::observe::inline scoreboard {
namespace {

TEST(StableReading, ReadsOnceWhatStaysAsItIs) {
  std::atomic<std::uint32_t> changes{4};
  int readings = 0;
  StableReading()(changes, [&] { ++readings; });
  EXPECT_EQ(readings, 1);
  EXPECT_EQ(changes, 4U);
}

TEST(StableReading, ReadsAgainWhatHasChanged) {
  std::atomic<std::uint32_t> changes{4};
  int readings = 0;
  StableReading()(changes, [&] {
    if (++readings == 1) changes = 6;
  });
  EXPECT_EQ(readings, 2);
}

TEST(StableReading, ReadsOnceWhatIsNeverStable) {
  std::atomic<std::uint32_t> changes{7};
  int readings = 0;
  StableReading reading;
  reading(changes, [&] { ++readings; });
  reading(changes, [&] { ++readings; });
  EXPECT_EQ(readings, 2) << "once each time";
}

TEST(StableReading, ASlowReadingIsNotRepeated) {
  std::atomic<std::uint32_t> changes{2};
  int readings = 0;
  StableReading()(changes, [&] {
    ++readings;
    changes += 2;
    std::this_thread::sleep_for(StableReading::kPatience);
  });
  EXPECT_EQ(readings, 1);
}

}  // namespace
}  // namespace tusk::observe::inline scoreboard
