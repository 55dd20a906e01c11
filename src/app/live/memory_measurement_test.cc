#include "app/live/memory_measurement.h"

#include <thread>

#include <gtest/gtest.h>

namespace tusk::app::live {
namespace {

// Waits until all earlier jobs of the thread have ended.
void finish(base::BackgroundThread& thread) {
  base::Guarded<bool> reached;
  while (!thread.submit([&] { *reached.lock() = true; })) std::this_thread::yield();
  while (!*reached.lock()) std::this_thread::yield();
}

TEST(MemoryMeasurement, IsTakenOnTheOtherThread) {
  base::BackgroundThread thread("measures", 2);
  MemoryMeasurement measurement(thread);
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(measurement.take()) << "the caller does not wait";
    finish(thread);
    const std::optional<ProportionalMemory> measured = measurement.take();
    ASSERT_TRUE(measured);
    EXPECT_GT(measured->bytes, 1U << 16U);
  }
}

TEST(MemoryMeasurement, IsTriedAgainWhenTheThreadIsBusy) {
  base::BackgroundThread thread("busy", 0);
  MemoryMeasurement measurement(thread);
  EXPECT_FALSE(measurement.take());
  EXPECT_FALSE(measurement.take());
}

}  // namespace
}  // namespace tusk::app::live
