#include "exec/running_request.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

namespace tusk::exec {
namespace {

TEST(RunningRequest, IsVisibleFromBeginToEnd) {
  RunningRequest running;
  Exchange exchange;
  const Exchange* seen = nullptr;
  const auto look = [&](const Exchange& found) { seen = &found; };
  EXPECT_FALSE(running.visit(look));
  EXPECT_FALSE(running.any());
  running.begin(exchange);
  EXPECT_TRUE(running.any());
  EXPECT_TRUE(running.visit(look));
  EXPECT_EQ(seen, &exchange);
  running.end();
  seen = nullptr;
  EXPECT_FALSE(running.visit(look));
  EXPECT_EQ(seen, nullptr);
  EXPECT_FALSE(running.any());
}

TEST(RunningRequest, TheEndWaitsForAVisitor) {
  RunningRequest running;
  Exchange exchange;
  running.begin(exchange);
  std::atomic<bool> visiting{false};
  std::atomic<bool> leave{false};
  std::atomic<bool> ended{false};
  std::thread visitor([&] {
    running.visit([&](const Exchange&) {
      visiting = true;
      while (!leave) std::this_thread::yield();
      EXPECT_FALSE(ended) << "the exchange may have been given back";
    });
  });
  while (!visiting) std::this_thread::yield();
  std::thread worker([&] {
    running.end();
    ended = true;
  });
  while (running.any()) std::this_thread::yield();
  // The worker may be anywhere in end(); without its wait it would usually be past it.
  for (int i = 0; i < 1000; ++i) std::this_thread::yield();
  leave = true;
  visitor.join();
  worker.join();
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace tusk::exec
