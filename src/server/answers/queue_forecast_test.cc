#include "server/answers/queue_forecast.h"

#include <gtest/gtest.h>

namespace tusk::server::answers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Duration kLimit = seconds(1);

class QueueForecastTest : public ::testing::Test {
 protected:
  // Lets time pass in which workers take a request each `interval`; a request comes each
  // millisecond.
  void pass(base::Duration time, base::Duration interval) {
    const base::MonotonicTime end = now_ + time;
    base::Duration since{};
    while (now_ < end) {
      now_ += milliseconds(1);
      for (since += milliseconds(1); since >= interval; since -= interval) ++taken_;
      exceeds();
    }
  }
  bool exceeds() {
    return forecast_.exceeds(kLimit, depth_, now_, [this] { return taken_; });
  }

  QueueForecast forecast_;
  base::MonotonicTime now_ = base::now();
  std::size_t taken_ = 1000;
  std::size_t depth_ = 100;
};

TEST_F(QueueForecastTest, KnowsNothingAtFirst) {
  depth_ = 1'000'000;
  EXPECT_FALSE(exceeds());
  pass(milliseconds(99), milliseconds(1));
  EXPECT_FALSE(exceeds()) << "too short a time";
}

TEST_F(QueueForecastTest, IsTheLengthTimesTheTimeOfEach) {
  pass(seconds(1), milliseconds(5));
  depth_ = 160;
  EXPECT_FALSE(exceeds()) << "0.8 s";
  depth_ = 180;
  EXPECT_TRUE(exceeds()) << "0.9 s, and it may become more";
}

TEST_F(QueueForecastTest, WaitsForEnoughRequestsToBeTaken) {
  pass(milliseconds(600), milliseconds(50));
  EXPECT_FALSE(exceeds());
  pass(milliseconds(250), milliseconds(50));
  EXPECT_TRUE(exceeds());
}

TEST_F(QueueForecastTest, FollowsTheWorkers) {
  pass(seconds(2), milliseconds(20));
  EXPECT_TRUE(exceeds());
  pass(milliseconds(500), milliseconds(1));
  EXPECT_FALSE(exceeds());
}

TEST_F(QueueForecastTest, ThePaceHoldsForTheNextLongQueueIfThatComesSoon) {
  pass(seconds(2), milliseconds(20));
  depth_ = QueueForecast::kLeastDepth - 1;
  EXPECT_FALSE(exceeds());
  depth_ = 100;
  EXPECT_TRUE(exceeds());
  depth_ = 40;
  EXPECT_FALSE(exceeds()) << "0.8 s at the pace of 20 ms";
  depth_ = QueueForecast::kLeastDepth - 1;
  EXPECT_FALSE(exceeds());
  now_ += QueueForecast::kKnownFor;
  depth_ = 100;
  EXPECT_FALSE(exceeds());
}

TEST_F(QueueForecastTest, ForgetsWhatWasLongAgo) {
  pass(seconds(2), milliseconds(20));
  now_ += seconds(60);
  taken_ += 20;
  EXPECT_FALSE(exceeds());
  EXPECT_FALSE(exceeds());
}

}  // namespace
}  // namespace tusk::server::answers
