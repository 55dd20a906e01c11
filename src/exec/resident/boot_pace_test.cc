#include "exec/resident/boot_pace.h"

#include <gtest/gtest.h>

namespace tusk::exec::resident {
namespace {

TEST(BootPace, WaitsTwiceAsLongAfterEachFailureOfAWorker) {
  BootPace pace("app", "/srv/index.php");
  EXPECT_EQ(pace.failed(0, 1, "no database"), BootPace::kFirstDelay);
  EXPECT_EQ(pace.failed(1, 1, "no database"), BootPace::kFirstDelay) << "another worker";
  EXPECT_EQ(pace.failed(0, 2, "no database"), 2 * BootPace::kFirstDelay);
  EXPECT_EQ(pace.failed(0, 1000, "no database"), BootPace::kLongestDelay);
  EXPECT_EQ(pace.retry_after(), BootPace::kLongestDelay);
}

TEST(BootPace, APoolIsDownOnlyIfNoWorkerHasABootedScript) {
  BootPace pace("app", "/srv/index.php");
  EXPECT_FALSE(pace.is_down()) << "nothing has failed yet";
  pace.booted();
  (void)pace.failed(1, 1, "no database");
  EXPECT_TRUE(pace.has_failed());
  EXPECT_FALSE(pace.is_down());
  pace.ended();
  EXPECT_FALSE(pace.is_down()) << "the next boot may succeed";
  (void)pace.failed(0, 1, "no cache");
  EXPECT_TRUE(pace.is_down());
  EXPECT_EQ(pace.last_reason(), "no cache");
  pace.booted();
  EXPECT_FALSE(pace.is_down());
  EXPECT_FALSE(pace.has_failed());
  EXPECT_EQ(pace.last_reason(), "");
}

}  // namespace
}  // namespace tusk::exec::resident
