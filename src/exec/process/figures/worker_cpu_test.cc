#include "exec/process/figures/worker_cpu.h"

#include <chrono>

#include <gtest/gtest.h>

namespace tusk::exec::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kHistogram = observe::histogram_of(observe::Metric::kPhpCpu);
constexpr auto kBounds = observe::bounds_of(observe::Metric::kPhpCpu);

class WorkerCpuTest : public testing::Test {
 protected:
  void use(base::Duration time) { written_.add(kBounds, static_cast<std::uint64_t>(time.count())); }
  void count(std::uint64_t requests, base::Duration time) {
    counted_.count(written_, requests, time, metrics_);
  }
  std::uint64_t requests() const {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < observe::MetricsShard::kBuckets; ++i)
      all += metrics_.bucket(kHistogram, i);
    return all;
  }
  base::Duration time() const {
    return base::Duration(static_cast<std::int64_t>(metrics_.sum(kHistogram)));
  }

  observe::ShardHistogram written_;
  observe::MetricsShard metrics_;
  WorkerCpu counted_;
};

TEST_F(WorkerCpuTest, WhatIsNewIsCountedOnce) {
  use(milliseconds(3));
  count(1, seconds(1));
  count(1, seconds(1));
  EXPECT_EQ(requests(), 1U);
  EXPECT_EQ(time(), milliseconds(3));
  use(milliseconds(20));
  use(milliseconds(3));
  count(3, seconds(1));
  EXPECT_EQ(requests(), 3U);
  EXPECT_EQ(time(), milliseconds(26));
}

TEST_F(WorkerCpuTest, AWorkerCannotSayThatItHadMoreRequestsOrTime) {
  use(milliseconds(3));
  use(milliseconds(3));
  count(1, seconds(1));
  count(2, milliseconds(5));
  EXPECT_EQ(requests(), 0U);
  written_.counts[0].store(~std::uint64_t{0});
  written_.counts[1].store(3);
  count(2, seconds(1));
  EXPECT_EQ(requests(), 0U);
}

TEST_F(WorkerCpuTest, NothingIsTakenBack) {
  use(milliseconds(3));
  count(1, seconds(1));
  written_.sum.store(0);
  count(5, seconds(1));
  EXPECT_EQ(requests(), 1U);
  EXPECT_EQ(time(), milliseconds(3));
}

}  // namespace
}  // namespace tusk::exec::process
