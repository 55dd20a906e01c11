#include "supervisor/restart_delay.h"

#include <gtest/gtest.h>

namespace tusk::supervisor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RestartDelay, IsZeroForAProcessThatServed) {
  RestartDelay delay;
  EXPECT_EQ(delay.after_end(seconds(1)), base::Duration::zero());
  EXPECT_EQ(delay.after_end(seconds(3600)), base::Duration::zero());
}

TEST(RestartDelay, DoublesWhileProcessesFailAtTheirStart) {
  RestartDelay delay;
  EXPECT_EQ(delay.after_end({}), milliseconds(100));
  EXPECT_EQ(delay.after_end(milliseconds(999)), milliseconds(200));
  EXPECT_EQ(delay.after_end({}), milliseconds(400));
}

TEST(RestartDelay, HasALimit) {
  RestartDelay delay;
  for (int i = 0; i < 20; ++i) delay.after_end({});
  EXPECT_EQ(delay.after_end({}), RestartDelay::kMost);
}

TEST(RestartDelay, BeginsAnewAfterAProcessThatServed) {
  RestartDelay delay;
  for (int i = 0; i < 5; ++i) delay.after_end({});
  delay.after_end(seconds(2));
  EXPECT_EQ(delay.after_end({}), milliseconds(100));
}

}  // namespace
}  // namespace tusk::supervisor
