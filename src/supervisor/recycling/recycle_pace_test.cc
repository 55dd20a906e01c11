#include "supervisor/recycling/recycle_pace.h"

#include <gtest/gtest.h>

namespace tusk::supervisor::recycling {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(RecyclePace, AProcessThatHasServedForAWhileIsReplacedAtOnce) {
  RecyclePace pace;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(pace.after_request(minutes(5)), seconds(0));
}

TEST(RecyclePace, ALimitThatIsTooLowSlowsDown) {
  RecyclePace pace;
  EXPECT_EQ(pace.after_request(seconds(2)), seconds(0)) << "the first one";
  EXPECT_EQ(pace.after_request(seconds(2)), seconds(58));
  EXPECT_EQ(pace.after_request(seconds(2)), seconds(118));
  EXPECT_EQ(pace.after_request(seconds(0)), minutes(4));
  base::Duration delay{};
  for (int i = 0; i < 10; ++i) delay = pace.after_request(seconds(0));
  EXPECT_EQ(delay, hours(1));
}

TEST(RecyclePace, RecoversWithAProcessThatServes) {
  RecyclePace pace;
  for (int i = 0; i < 10; ++i) (void)pace.after_request(seconds(0));
  EXPECT_EQ(pace.after_request(minutes(1)), seconds(0));
  EXPECT_EQ(pace.after_request(seconds(0)), seconds(0));
}

TEST(RecyclePace, FailedStartsSlowDownToo) {
  RecyclePace pace;
  EXPECT_EQ(pace.after_failed_start(), minutes(1));
  EXPECT_EQ(pace.after_failed_start(), minutes(2));
  for (int i = 0; i < 10; ++i) (void)pace.after_failed_start();
  EXPECT_EQ(pace.after_failed_start(), hours(1));
}

TEST(RecyclePace, ChangedCodeWaitsForAMinuteAtMost) {
  RecyclePace pace;
  for (int i = 0; i < 10; ++i) (void)pace.after_request(seconds(0), RecyclePace::kMostForCode);
  EXPECT_EQ(pace.after_request(seconds(2), RecyclePace::kMostForCode), seconds(58));
}

}  // namespace
}  // namespace tusk::supervisor::recycling
