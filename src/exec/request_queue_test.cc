#include "exec/request_queue.h"

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tusk::exec {
namespace {

TEST(RequestQueue, HandsOutInOrder) {
  RequestQueue queue(4, 1);
  Exchange first;
  Exchange second;
  ASSERT_TRUE(queue.try_push(first));
  ASSERT_TRUE(queue.try_push(second));
  EXPECT_EQ(queue.pop(), &first);
  EXPECT_EQ(queue.pop(), &second);
  EXPECT_EQ(queue.depth(), 0U);
}

TEST(RequestQueue, SaysThatAWorkerIsAboutToSleep) {
  RequestQueue queue(4, 1);
  Exchange first;
  Exchange second;
  int sleeps = 0;
  Exchange* const popped = queue
                               .pop([&] {
                                 ++sleeps;
                                 EXPECT_TRUE(queue.try_push(first));
                                 queue.wake();
                               })
                               .exchange;
  EXPECT_EQ(popped, &first);
  EXPECT_TRUE(queue.try_push(second));
  EXPECT_EQ(queue.pop([&] { ++sleeps; }).exchange, &second);
  EXPECT_EQ(sleeps, 1);
}

TEST(RequestQueue, RefusesBeyondItsCapacity) {
  RequestQueue queue(2, 1);
  Exchange exchanges[3];
  EXPECT_TRUE(queue.try_push(exchanges[0]));
  EXPECT_TRUE(queue.try_push(exchanges[1]));
  EXPECT_FALSE(queue.try_push(exchanges[2]));
  EXPECT_EQ(queue.depth(), 2U);
  queue.pop();
  EXPECT_TRUE(queue.try_push(exchanges[2]));
}

// Until a worker is free, requests of clients that have left would keep others out.
TEST(RequestQueue, DropsThoseWhoseClientsHaveLeft) {
  RequestQueue queue(3, 1);
  std::array<Exchange, 5> exchanges;
  for (std::size_t i = 0; i < 3; ++i) ASSERT_TRUE(queue.try_push(exchanges[i]));
  EXPECT_FALSE(queue.drop_cancelled());
  for (const std::size_t i : {std::size_t{0}, std::size_t{2}}) {
    exchanges[i].cancel();
    queue.note_cancelled();
  }
  ASSERT_FALSE(queue.try_push(exchanges[3]));
  EXPECT_TRUE(queue.drop_cancelled());
  for (const std::size_t i : {std::size_t{0}, std::size_t{2}})
    EXPECT_NE(exchanges[i].acknowledge() & Exchange::kReleased, 0U);
  EXPECT_EQ(queue.depth(), 1U);
  EXPECT_EQ(queue.taken_to_run(), 0U);
  EXPECT_TRUE(queue.try_push(exchanges[3]));
  exchanges[3].cancel();
  queue.note_cancelled();
  EXPECT_TRUE(queue.drop_cancelled()) << "the one that was kept is looked at, too";
  EXPECT_TRUE(queue.try_push(exchanges[4]));
  EXPECT_EQ(queue.pop(), &exchanges[1]);
  EXPECT_EQ(queue.lend(), &exchanges[4]);
}

// Workers take requests while a loop drops some: none is lost, and none is taken twice.
TEST(RequestQueue, DropsWhileWorkersTake) {
  constexpr int kRequests = 20'000;
  RequestQueue queue(8, 2);
  std::vector<std::unique_ptr<Exchange>> exchanges(kRequests);
  for (auto& exchange : exchanges) exchange = std::make_unique<Exchange>();
  std::atomic<int> taken{0};
  std::vector<std::thread> workers;
  for (int i = 0; i < 2; ++i) {
    workers.emplace_back([&] {
      while (Exchange* const exchange = queue.pop()) {
        EXPECT_EQ(exchange->acknowledge() & Exchange::kReleased, 0U);
        exchange->publish(Exchange::kReleased);
        ++taken;
      }
    });
  }
  int dropped = 0;
  for (int i = 0; i < kRequests; ++i) {
    while (!queue.try_push(*exchanges[i])) {
      queue.wake();
      (void)queue.drop_cancelled();
      std::this_thread::yield();
    }
    queue.wake();
    if (i % 2 != 0) continue;
    exchanges[i]->cancel();
    queue.note_cancelled();
  }
  queue.close();
  for (std::thread& worker : workers) worker.join();
  for (const auto& exchange : exchanges) {
    const std::uint32_t bits = exchange->acknowledge();
    EXPECT_NE(bits & Exchange::kReleased, 0U);
    dropped += (bits & Exchange::kFinished) != 0 ? 1 : 0;
  }
  EXPECT_EQ(taken + dropped, kRequests);
}

TEST(RequestQueue, AnIdleWorkersRequestDoesNotCountAsWaiting) {
  RequestQueue queue(1, 1);
  std::atomic<Exchange*> popped{nullptr};
  std::thread worker([&] { popped = queue.pop(); });
  Exchange exchanges[3];
  // Only one request fits until the worker sleeps; then two fit.
  bool both = false;
  while (!both) {
    ASSERT_TRUE(queue.try_push(exchanges[0]));
    both = queue.try_push(exchanges[1]);
    if (!both) {
      // Taken back here or taken by the worker: either way the next round starts with an empty
      // queue.
      queue.wake();
      if (popped.load() == nullptr && queue.depth() > 0) queue.pop();
      if (popped.load() != nullptr) {
        worker.join();
        popped = nullptr;
        worker = std::thread([&] { popped = queue.pop(); });
      }
      std::this_thread::yield();
      continue;
    }
    EXPECT_FALSE(queue.try_push(exchanges[2]));
  }
  queue.wake();
  worker.join();
  EXPECT_EQ(popped.load(), &exchanges[0]);
  EXPECT_EQ(queue.pop(), &exchanges[1]);
}

// While a pool changes to another host it has twice as many: the ring has no room for all of them.
TEST(RequestQueue, MoreFreeWorkersThanItKnowsOfDoNotFillTheRing) {
  RequestQueue queue(61, 2);
  queue.set_free_workers(20);
  std::vector<Exchange> exchanges(70);
  std::size_t taken = 0;
  for (Exchange& exchange : exchanges) taken += queue.try_push(exchange) ? 1 : 0;
  EXPECT_EQ(taken, 63U);
  while (queue.lend() != nullptr) {
  }
}

TEST(RequestQueue, CloseWakesEverySleeper) {
  RequestQueue queue(8, 3);
  std::vector<std::thread> workers;
  std::atomic<int> ended{0};
  for (int i = 0; i < 3; ++i) {
    workers.emplace_back([&] {
      while (queue.pop() != nullptr) {
      }
      ++ended;
    });
  }
  queue.close();
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(ended.load(), 3);
}

TEST(RequestQueue, CloseLeavesWhatWaits) {
  RequestQueue queue(2, 1);
  Exchange exchange;
  Exchange late;
  ASSERT_TRUE(queue.try_push(exchange));
  queue.close();
  EXPECT_FALSE(queue.try_push(late));
  EXPECT_EQ(queue.pop(), &exchange);
  EXPECT_EQ(queue.pop(), nullptr);
  EXPECT_EQ(queue.pop(), nullptr);
}

// Every request is handed out exactly once, whichever threads push and pop, and no wake-up is lost.
TEST(RequestQueue, LosesNothingUnderContention) {
  constexpr int kPushers = 2;
  constexpr int kPoppers = 3;
  constexpr int kEach = 20'000;
  RequestQueue queue(64, kPoppers);
  std::vector<std::unique_ptr<Exchange>> exchanges;
  for (int i = 0; i < kPushers * kEach; ++i) {
    exchanges.push_back(std::make_unique<Exchange>());
    exchanges.back()->key = static_cast<std::uint64_t>(i);
  }
  std::vector<std::atomic<int>> seen(static_cast<std::size_t>(kPushers * kEach));
  std::vector<std::thread> poppers;
  for (int i = 0; i < kPoppers; ++i) {
    poppers.emplace_back([&] {
      while (Exchange* const exchange = queue.pop()) ++seen[exchange->key];
    });
  }
  std::vector<std::thread> pushers;
  for (int p = 0; p < kPushers; ++p) {
    pushers.emplace_back([&, p] {
      for (int i = 0; i < kEach; ++i) {
        Exchange& exchange = *exchanges[static_cast<std::size_t>(p * kEach + i)];
        while (!queue.try_push(exchange)) {
          queue.wake();
          std::this_thread::yield();
        }
        if (i % 7 == 0) queue.wake();
      }
      queue.wake();
    });
  }
  for (std::thread& pusher : pushers) pusher.join();
  queue.close();
  for (std::thread& popper : poppers) popper.join();
  for (const std::atomic<int>& count : seen) ASSERT_EQ(count.load(), 1);
}

TEST(RequestQueue, ANudgeWakesEachSleeperWithoutARequest) {
  constexpr int kWorkers = 3;
  RequestQueue queue(4, kWorkers);
  std::atomic<int> asleep{0};
  std::atomic<int> woken{0};
  std::vector<std::thread> workers;
  for (int i = 0; i < kWorkers; ++i) {
    workers.emplace_back([&] {
      const RequestQueue::Popped popped = queue.pop([&] { ++asleep; });
      EXPECT_EQ(popped.exchange, nullptr);
      EXPECT_FALSE(popped.closed);
      ++woken;
      // One that sleeps again at once may be woken again.
      while (!queue.pop([] {}).closed) {
      }
    });
  }
  while (asleep != kWorkers) std::this_thread::yield();
  // One that sleeps again at once may take the nudge of another, so it is repeated.
  while (woken != kWorkers) {
    queue.nudge_sleepers();
    std::this_thread::yield();
  }
  queue.close();
  for (std::thread& worker : workers) worker.join();
}

TEST(RequestQueue, ANudgeDoesNothingWhileNobodySleeps) {
  RequestQueue queue(1, 1);
  Exchange exchange;
  queue.nudge_sleepers();
  EXPECT_EQ(queue.depth(), 0U);
  EXPECT_EQ(queue.try_pop(), nullptr);
  ASSERT_TRUE(queue.try_push(exchange));
  queue.nudge_sleepers();
  EXPECT_EQ(queue.try_pop(), &exchange);
  EXPECT_EQ(queue.try_pop(), nullptr);
}

}  // namespace
}  // namespace tusk::exec
