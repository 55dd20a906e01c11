#include "base/task.h"

#include <coroutine>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace tusk::base {
namespace {

// Suspends until open().
struct Gate {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) noexcept { waiter = handle; }
  void await_resume() const noexcept {}
  void open() { std::exchange(waiter, nullptr).resume(); }
  std::coroutine_handle<> waiter = nullptr;
};

struct WaitFor {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) noexcept { gate.waiter = handle; }
  void await_resume() const noexcept {}
  Gate& gate;
};

Task<int> add(int a, int b) { co_return a + b; }

Task<std::string> describe(Gate& gate) {
  co_await WaitFor{gate};
  const int sum = co_await add(2, 3);
  co_return "sum " + std::to_string(sum);
}

Detached store(Gate& gate, std::string& out) { out = co_await describe(gate); }

Task<void> count_down(int depth) {
  if (depth > 0) co_await count_down(depth - 1);
}

Detached descend(int depth, bool& done) {
  co_await count_down(depth);
  done = true;
}

TEST(Task, ResumesItsAwaiterWithTheResult) {
  Gate gate;
  std::string out;
  store(gate, out);
  EXPECT_EQ(out, "");
  gate.open();
  EXPECT_EQ(out, "sum 5");
}

TEST(Task, IsLazyAndFreesItsFrameWhenItNeverRan) {
  bool ran = false;
  {
    const auto set = [](bool& flag) -> Task<void> {
      flag = true;
      co_return;
    };
    const Task<void> never = set(ran);
  }
  EXPECT_FALSE(ran);
}

Task<int> one() { co_return 1; }

Detached sum_up(int count, int& sum) {
  for (int i = 0; i < count; ++i) sum += co_await one();
}

TEST(Task, ALoopDoesNotGrowTheStack) {
  int sum = 0;
  sum_up(3'000'000, sum);
  EXPECT_EQ(sum, 3'000'000);
}

TEST(Task, NestsDeeply) {
  bool done = false;
  descend(1000, done);
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace tusk::base
