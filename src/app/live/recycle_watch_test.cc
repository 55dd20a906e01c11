#include "app/live/recycle_watch.h"

#include <vector>

#include <gtest/gtest.h>

namespace tusk::app::live {
namespace {

using observe::ProcessRecycling;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Request = RecycleWatch::Request;

const base::MonotonicTime kStart{hours(100)};

// The memory that the process is said to have.
struct FakeMemory {
  ResidentMemory resident;
  std::optional<ProportionalMemory> proportional;
  int measured = 0;
};

class RecycleWatchTest : public testing::Test {
 protected:
  RecycleWatch watch(const plan::RecycleLimits& limits, double jitter = 0) {
    return {limits,
            kStart,
            jitter,
            {.resident = [this] { return memory_.resident; },
             .proportional =
                 [this] {
                   ++memory_.measured;
                   return memory_.proportional;
                 }}};
  }

  FakeMemory memory_;
};

TEST_F(RecycleWatchTest, WithoutLimitsNothingIsMeasured) {
  RecycleWatch watched = watch({});
  memory_ = {.resident = {~0ULL, ~0ULL}, .proportional = ProportionalMemory{.bytes = ~0ULL}};
  EXPECT_EQ(watched.look(kStart + hours(24 * 365), {.lost_workers = 9, .opcache_restarts = 9}),
            std::nullopt);
  EXPECT_EQ(memory_.measured, 0);
}

TEST_F(RecycleWatchTest, CountsReachTheirLimits) {
  RecycleWatch watched = watch({.lost_workers = 3, .opcache_restarts = 2});
  EXPECT_EQ(watched.look(kStart, {.lost_workers = 2, .opcache_restarts = 1}), std::nullopt);
  EXPECT_EQ(watched.look(kStart, {.lost_workers = 4}),
            (Request{ProcessRecycling::kLostWorkers, 4, 3}));
  RecycleWatch other = watch({.lost_workers = 3, .opcache_restarts = 2});
  EXPECT_EQ(other.look(kStart, {.opcache_restarts = 2}),
            (Request{ProcessRecycling::kRestarts, 2, 2}));
}

TEST_F(RecycleWatchTest, PreloadedCodeThatHasChangedNeedsNoLimit) {
  RecycleWatch watched = watch({});
  EXPECT_EQ(watched.look(kStart, {.changed_code = 3}),
            (Request{ProcessRecycling::kPreloaded, 3, 1}));
  EXPECT_EQ(watched.look(kStart + seconds(1), {.changed_code = 3}), std::nullopt) << "asked";
}

TEST_F(RecycleWatchTest, AgesDiffer) {
  const plan::RecycleLimits limits{.age = hours(10)};
  EXPECT_EQ(watch(limits, 0).look(kStart + hours(10) - seconds(1), {}), std::nullopt);
  EXPECT_EQ(watch(limits, 0).look(kStart + hours(10), {}),
            (Request{ProcessRecycling::kAge, 36000, 36000}));
  EXPECT_EQ(watch(limits, 1).look(kStart + hours(9) - seconds(1), {}), std::nullopt);
  EXPECT_TRUE(watch(limits, 1).look(kStart + hours(9) + seconds(1), {}));
}

TEST_F(RecycleWatchTest, MemoryMustBeTooMuchTwice) {
  RecycleWatch watched = watch({.memory_bytes = 100});
  memory_ = {.resident = {.own_bytes = 80, .all_bytes = 150},
             .proportional = ProportionalMemory{.bytes = 120, .took = milliseconds(1)}};
  EXPECT_EQ(watched.look(kStart, {}), std::nullopt);
  memory_.resident.all_bytes = 90;  // it was a single script
  EXPECT_EQ(watched.look(kStart + seconds(1), {}), std::nullopt);
  memory_.resident.all_bytes = 150;
  EXPECT_EQ(watched.look(kStart + seconds(2), {}), std::nullopt);
  EXPECT_EQ(watched.look(kStart + seconds(3), {}), (Request{ProcessRecycling::kMemory, 120, 100}));
}

TEST_F(RecycleWatchTest, LooksWhileMemoryIsMeasuredDecideNothing) {
  RecycleWatch watched = watch({.memory_bytes = 100});
  const ProportionalMemory too_much{.bytes = 120, .took = milliseconds(1)};
  memory_ = {.resident = {.own_bytes = 80, .all_bytes = 150}, .proportional = std::nullopt};
  EXPECT_EQ(watched.look(kStart, {}), std::nullopt);
  memory_.proportional = too_much;
  EXPECT_EQ(watched.look(kStart + seconds(1), {}), std::nullopt);
  memory_.proportional = std::nullopt;
  EXPECT_EQ(watched.look(kStart + seconds(2), {}), std::nullopt);
  memory_.proportional = too_much;
  EXPECT_TRUE(watched.look(kStart + seconds(3), {})) << "the second look that found too much";
}

TEST_F(RecycleWatchTest, MeasuringTakesASmallShareOfTheTime) {
  RecycleWatch watched = watch({.memory_bytes = 100});
  memory_ = {.resident = {.own_bytes = 80, .all_bytes = 150},
             .proportional = ProportionalMemory{.bytes = 90, .took = milliseconds(20)}};
  for (int second = 0; second <= 100; ++second)
    EXPECT_EQ(watched.look(kStart + seconds(second), {}), std::nullopt);
  EXPECT_EQ(memory_.measured, 11) << "every ten seconds";
}

TEST_F(RecycleWatchTest, WhereOwnMemoryIsTooMuchNothingElseIsMeasured) {
  RecycleWatch watched = watch({.memory_bytes = 100});
  memory_ = {.resident = {.own_bytes = 101, .all_bytes = 150}, .proportional = {}};
  EXPECT_EQ(watched.look(kStart, {}), std::nullopt);
  EXPECT_EQ(watched.look(kStart + seconds(1), {}), (Request{ProcessRecycling::kMemory, 101, 100}));
  EXPECT_EQ(memory_.measured, 0);
}

TEST_F(RecycleWatchTest, TooMuchIsLookedAtAgainAtOnce) {
  RecycleWatch watched = watch({.memory_bytes = 100});
  memory_ = {.resident = {.own_bytes = 80, .all_bytes = 150},
             .proportional = ProportionalMemory{.bytes = 120, .took = milliseconds(20)}};
  EXPECT_EQ(watched.look(kStart, {}), std::nullopt);
  EXPECT_TRUE(watched.look(kStart + seconds(1), {}));
}

TEST_F(RecycleWatchTest, AsksAgainAfterAMinute) {
  RecycleWatch watched = watch({.age = hours(1)});
  EXPECT_TRUE(watched.look(kStart + hours(2), {}));
  EXPECT_FALSE(watched.look(kStart + hours(2) + seconds(59), {}));
  EXPECT_TRUE(watched.look(kStart + hours(2) + seconds(60), {}));
}

TEST_F(RecycleWatchTest, LimitsCanChange) {
  RecycleWatch watched = watch({.age = hours(10)});
  EXPECT_FALSE(watched.look(kStart + hours(1), {}));
  watched.change({.age = hours(1)});
  EXPECT_TRUE(watched.look(kStart + hours(1), {}));
}

TEST(ProcessMemory, IsWhatTheKernelSays) {
  const ResidentMemory before = resident_memory();
  EXPECT_GT(before.own_bytes, 1U << 16U);
  EXPECT_GT(before.all_bytes, before.own_bytes);
  const std::vector<char> more(64U << 20U, 'x');
  const ResidentMemory after = resident_memory();
  EXPECT_GT(after.own_bytes, before.own_bytes + (60U << 20U));
  const ProportionalMemory proportional = proportional_memory();
  EXPECT_GT(proportional.bytes, after.own_bytes - (1U << 20U));
  EXPECT_LE(proportional.bytes, resident_memory().all_bytes);
  EXPECT_GT(proportional.took.count(), 0);
}

}  // namespace
}  // namespace tusk::app::live
