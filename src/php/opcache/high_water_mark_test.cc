#include "php/opcache/high_water_mark.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tusk::php::opcache {
namespace {

TEST(HighWaterMark, AReaderThatSeesAnAdditionGetsItsMark) {
  HighWaterMark mark;
  std::atomic<int> added{0};
  std::atomic<bool> asking{false};
  mark.begin_addition();
  added.store(1);
  std::size_t count = 0;
  std::thread reader([&] {
    while (added.load() == 0) std::this_thread::yield();
    asking.store(true);
    count = mark.settled();
  });
  while (!asking.load()) std::this_thread::yield();
  // The reader may be anywhere in settled(); without its wait it would usually be past it.
  for (int i = 0; i < 1000; ++i) std::this_thread::yield();
  mark.end_addition(7);
  reader.join();
  EXPECT_EQ(count, 7u);
}

TEST(HighWaterMark, ALaterAdditionIsNotWaitedFor) {
  HighWaterMark mark;
  mark.begin_addition();
  mark.end_addition(3);
  EXPECT_EQ(mark.settled(), 3u);
  EXPECT_EQ(mark.settled(), 3u);
}

TEST(HighWaterMark, IsTheHighestValue) {
  HighWaterMark mark;
  mark.raise(5);
  mark.raise(2);
  EXPECT_EQ(mark.value(), 5u);
  mark.begin_addition();
  mark.end_addition(4);
  EXPECT_EQ(mark.settled(), 5u);
  mark.reset();
  EXPECT_EQ(mark.settled(), 0u);
}

// In OPcache the addition can be seen before its mark is known.
TEST(HighWaterMark, ManyThreadsAddAndRead) {
  constexpr std::size_t kAdditions = 20'000;
  HighWaterMark mark;
  std::atomic<std::size_t> newest{0};
  std::atomic<std::size_t> wrong{0};
  std::vector<std::thread> threads;
  for (int n = 0; n < 2; ++n) {
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < kAdditions / 2; ++i) {
        mark.begin_addition();
        const std::size_t mine = newest.load(std::memory_order_relaxed) + 1;
        newest.store(mine, std::memory_order_relaxed);
        mark.end_addition(mine);
      }
    });
    threads.emplace_back([&] {
      for (std::size_t seen = 0; seen < kAdditions;) {
        seen = newest.load(std::memory_order_relaxed);
        if (mark.settled() < seen) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0u);
}

}  // namespace
}  // namespace tusk::php::opcache
