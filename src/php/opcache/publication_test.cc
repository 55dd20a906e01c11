#include "php/opcache/publication.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tusk::php::opcache {
namespace {

TEST(Publication, WhoeverSeesAnAdditionGetsItsCount) {
  Publication publication;
  std::atomic<int> added{0};
  std::atomic<bool> asking{false};
  publication.begin();
  added.store(1);
  std::size_t count = 0;
  std::thread reader([&] {
    while (added.load() == 0) std::this_thread::yield();
    asking.store(true);
    count = publication.settled();
  });
  while (!asking.load()) std::this_thread::yield();
  // The reader may be anywhere in settled(); without its wait it would usually be past it.
  for (int i = 0; i < 1000; ++i) std::this_thread::yield();
  publication.end(7);
  reader.join();
  EXPECT_EQ(count, 7u);
}

TEST(Publication, ALaterAdditionIsNotWaitedFor) {
  Publication publication;
  publication.begin();
  publication.end(3);
  EXPECT_EQ(publication.settled(), 3u);
  EXPECT_EQ(publication.settled(), 3u);
}

TEST(Publication, TheCountIsTheHighest) {
  Publication publication;
  publication.raise(5);
  publication.raise(2);
  EXPECT_EQ(publication.count(), 5u);
  publication.begin();
  publication.end(4);
  EXPECT_EQ(publication.settled(), 5u);
  publication.reset();
  EXPECT_EQ(publication.settled(), 0u);
}

// As in OPcache: the addition can be seen before its mark is known.
TEST(Publication, ManyThreadsAddAndRead) {
  constexpr std::size_t kAdditions = 20'000;
  Publication publication;
  std::atomic<std::size_t> newest{0};
  std::atomic<std::size_t> wrong{0};
  std::vector<std::thread> threads;
  for (int n = 0; n < 2; ++n) {
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < kAdditions / 2; ++i) {
        publication.begin();
        const std::size_t mine = newest.load(std::memory_order_relaxed) + 1;
        newest.store(mine, std::memory_order_relaxed);
        publication.end(mine);
      }
    });
    threads.emplace_back([&] {
      for (std::size_t seen = 0; seen < kAdditions;) {
        seen = newest.load(std::memory_order_relaxed);
        if (publication.settled() < seen) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0u);
}

}  // namespace
}  // namespace tusk::php::opcache
