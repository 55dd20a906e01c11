#include "exec/pool/elasticity.h"

#include <gtest/gtest.h>

namespace tusk::exec::pool {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ElasticityTest : public ::testing::Test {
 protected:
  void SetUp() override { rule_.begin(now_); }
  // Looks every 25 ms, for `time`. Returns the sum of the changes, which `workers_` follows.
  int look_for(base::Duration time, std::size_t waiting, std::size_t idle) {
    int changes = 0;
    for (const base::MonotonicTime end = now_ + time; now_ < end;) {
      now_ += milliseconds(25);
      const int change = rule_.look(
          {.waiting = waiting, .idle = idle, .workers = workers_, .starting = starting_}, now_);
      workers_ = static_cast<std::size_t>(static_cast<int>(workers_) + change);
      changes += change;
    }
    return changes;
  }

  Elasticity rule_{{.least = 2, .most = 8, .cooling_time = seconds(10)}};
  base::MonotonicTime now_ = base::MonotonicTime{} + seconds(100);
  std::size_t workers_ = 2;
  std::size_t starting_ = 0;
};

TEST_F(ElasticityTest, GrowsOnlyWhenRequestsWaitForAWhile) {
  EXPECT_EQ(look_for(milliseconds(25), 5, 0), 0) << "a short queue is normal";
  EXPECT_EQ(look_for(milliseconds(25), 0, 0), 0);
  EXPECT_EQ(look_for(seconds(1), 5, 1), 0) << "an idle worker is about to take one";
  starting_ = 1;
  EXPECT_EQ(look_for(seconds(1), 5, 0), 0) << "one is about to help";
  starting_ = 0;
  EXPECT_EQ(look_for(milliseconds(50), 5, 0), 1);
  EXPECT_EQ(look_for(milliseconds(25), 5, 0), 0) << "the new one has time to help";
  EXPECT_EQ(look_for(milliseconds(50), 1, 0), 1);
}

TEST_F(ElasticityTest, NeverLeavesItsBounds) {
  EXPECT_EQ(look_for(seconds(2), 100, 0), 6);
  EXPECT_EQ(workers_, 8U);
  EXPECT_EQ(look_for(seconds(100), 0, 8), -6);
  EXPECT_EQ(workers_, 2U);
}

TEST_F(ElasticityTest, AddsNoMoreWorkersThanRequests) {
  workers_ = 4;
  EXPECT_EQ(look_for(milliseconds(50), 1, 0), 1);
  EXPECT_EQ(look_for(milliseconds(50), 9, 0), 2);
}

TEST_F(ElasticityTest, ShrinksOnlyAfterTheWholeCoolingTime) {
  EXPECT_EQ(look_for(milliseconds(50), 5, 0), 1);
  EXPECT_EQ(look_for(seconds(9), 0, 1), 0);
  EXPECT_EQ(look_for(milliseconds(25), 0, 0), 0) << "all were busy for a moment";
  EXPECT_EQ(look_for(seconds(9), 0, 1), 0);
  EXPECT_EQ(look_for(seconds(1), 0, 1), -1);
}

TEST(Elasticity, APoolOfOneSizeIsFixed) {
  EXPECT_TRUE(Elasticity({.least = 4, .most = 4}).is_fixed());
  EXPECT_FALSE(Elasticity({.least = 4, .most = 5}).is_fixed());
}

}  // namespace
}  // namespace tusk::exec::pool
