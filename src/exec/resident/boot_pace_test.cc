#include "exec/resident/boot_pace.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "observe/log.h"

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

// Workers boot, fail and end while loops and pages look: the thread sanitizer finds what is shared
// without a lock, and afterwards the counts must be right.
TEST(BootPace, IsUsedByManyThreads) {
  observe::set_level(observe::Level::kOff);
  BootPace pace("app", "/srv/index.php");
  constexpr int kWorkers = 4;
  constexpr int kRounds = 2000;
  std::atomic<int> working{kWorkers};
  std::vector<std::thread> threads;
  for (int worker = 0; worker < kWorkers; ++worker) {
    threads.emplace_back([&pace, &working, worker] {
      for (int round = 0; round < kRounds; ++round) {
        if (round % 4 == worker % 4) {
          const base::Duration delay = pace.failed(worker, 1 + round % 3, "no database");
          EXPECT_GE(delay, BootPace::kFirstDelay);
          EXPECT_LE(delay, BootPace::kLongestDelay);
        }
        pace.booted();
        EXPECT_FALSE(pace.is_down()) << "this worker has booted, and has not ended";
        pace.ended();
      }
      --working;
    });
  }
  for (int reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&pace, &working] {
      while (working > 0) {
        if (pace.is_down()) {
          EXPECT_GE(pace.retry_after(), BootPace::kFirstDelay);
        }
        const std::string reason = pace.last_reason();
        EXPECT_TRUE(reason.empty() || reason == "no database") << reason;
        (void)pace.has_failed();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  observe::set_level(observe::Level::kInfo);
  (void)pace.failed(0, 1, "no cache");
  EXPECT_TRUE(pace.is_down()) << "as many have ended as have booted";
  pace.booted();
  EXPECT_FALSE(pace.is_down());
}

}  // namespace
}  // namespace tusk::exec::resident
