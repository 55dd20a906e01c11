#include "exec/observation/cpu_meter.h"

#include <gtest/gtest.h>

namespace tusk::exec::observation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

base::Duration used{};
int readings = 0;

base::Duration read_clock() noexcept {
  ++readings;
  return used;
}

class CpuMeterTest : public testing::Test {
 protected:
  CpuMeterTest() {
    used = seconds(7);
    meter_.begin();
    readings = 0;
  }

  std::uint64_t sum_ns() const { return shard_.sum(kIndex); }
  std::uint64_t requests() const {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < observe::MetricsShard::kBuckets; ++i) all += within(i);
    return all;
  }
  std::uint64_t within(std::size_t bucket) const { return shard_.bucket(kIndex, bucket); }

  static constexpr std::size_t kIndex = observe::histogram_of(observe::Metric::kPhpCpu);
  observe::MetricsShard shard_;
  CpuMeter meter_{shard_, read_clock};
};

TEST_F(CpuMeterTest, ALongRequestIsReadAtOnce) {
  used += milliseconds(3);
  meter_.request_ended(milliseconds(4));
  EXPECT_EQ(readings, 1);
  EXPECT_EQ(requests(), 1U);
  EXPECT_EQ(sum_ns(), 3'000'000U);
}

TEST_F(CpuMeterTest, ARequestThatSleepsUsesNothing) {
  used += microseconds(20);
  meter_.request_ended(seconds(2));
  EXPECT_EQ(sum_ns(), 20'000U);
  EXPECT_EQ(within(1), 1U);  // up to 25 µs
}

TEST_F(CpuMeterTest, ShortRequestsShareAReading) {
  for (int i = 0; i < 9; ++i) {
    used += microseconds(12);
    meter_.request_ended(microseconds(11));
  }
  EXPECT_EQ(readings, 0);
  EXPECT_EQ(requests(), 0U);
  used += microseconds(12);
  meter_.request_ended(microseconds(11));
  EXPECT_EQ(readings, 1);
  EXPECT_EQ(requests(), 10U);
  EXPECT_EQ(within(1), 10U);
  EXPECT_EQ(sum_ns(), 120'000U);
}

TEST_F(CpuMeterTest, ALongOneAfterShortOnesGetsItsShare) {
  used += microseconds(12);
  meter_.request_ended(microseconds(12));
  used += milliseconds(9);
  meter_.request_ended(milliseconds(9));
  EXPECT_EQ(requests(), 2U);
  EXPECT_EQ(sum_ns(), 9'012'000U);
  EXPECT_EQ(within(1), 1U);
  EXPECT_EQ(within(9), 1U);  // up to 10 ms
}

TEST_F(CpuMeterTest, AllAreCountedBeforeTheWorkerSleeps) {
  used += microseconds(5);
  meter_.request_ended(microseconds(4));
  used += microseconds(5);
  meter_.request_ended({});
  meter_.settle();
  EXPECT_EQ(requests(), 2U);
  EXPECT_EQ(sum_ns(), 10'000U);
  meter_.settle();
  EXPECT_EQ(requests(), 2U);
  EXPECT_EQ(readings, 1);
}

TEST_F(CpuMeterTest, NotTooManyAreLeftUnread) {
  for (std::size_t i = 0; i < CpuMeter::kMostUnread; ++i) meter_.request_ended({});
  EXPECT_EQ(requests(), CpuMeter::kMostUnread);
}

TEST_F(CpuMeterTest, TheStartOfAnExecutorBelongsToNoRequest) {
  used += seconds(1);
  meter_.begin();
  used += milliseconds(1);
  meter_.request_ended(milliseconds(1));
  EXPECT_EQ(sum_ns(), 1'000'000U);
}

TEST(ThreadCpuTime, Grows) {
  const base::Duration before = thread_cpu_time();
  volatile int work = 0;
  while (thread_cpu_time() - before < milliseconds(1)) work = work + 1;
  EXPECT_GT(thread_cpu_time(), before);
}

}  // namespace
}  // namespace tusk::exec::observation
