#include "php/backtrace/thread_activity.h"

#include <array>
#include <atomic>
#include <optional>
#include <thread>

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tusk::php::backtrace {
namespace {

// A thread that waits in read() until it is let go.
class ThreadActivityTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::pipe(pipe_.data()), 0); }
  void TearDown() override {
    for (const int fd : pipe_) ::close(fd);
  }
  std::array<int, 2> pipe_{};
};

TEST_F(ThreadActivityTest, SaysInWhichCallAThreadWaitsAndThatItDoesNotRun) {
  std::optional<ThreadActivity> activity;
  std::atomic<bool> known{false};
  std::thread thread([&] {
    activity.emplace();
    known.store(true);
    char byte = 0;
    EXPECT_EQ(::read(pipe_[0], &byte, 1), 1);
  });
  while (!known.load()) std::this_thread::yield();
  const bool can_tell = ThreadActivity().now().state != ThreadActivity::State::kUnknown;
  while (can_tell && activity->now().state != ThreadActivity::State::kWaitsInCall) {
    std::this_thread::yield();
  }
  if (can_tell) {
    EXPECT_EQ(activity->now().system_call, SYS_read);
    const base::Duration before = activity->cpu_time();
    EXPECT_GT(before.count(), 0);
    EXPECT_EQ(activity->cpu_time(), before);
  }
  EXPECT_EQ(::write(pipe_[1], "x", 1), 1);
  thread.join();
}

TEST_F(ThreadActivityTest, AThreadThatRunsUsesTime) {
  const ThreadActivity own;
  const base::Duration before = own.cpu_time();
  while (own.cpu_time() == before) {
  }
  EXPECT_GT(own.cpu_time(), before);
}

TEST_F(ThreadActivityTest, UsualCallsHaveNames) {
  EXPECT_EQ(system_call_name(SYS_ppoll), "ppoll");
  EXPECT_EQ(system_call_name(SYS_clock_nanosleep), "clock_nanosleep");
  EXPECT_EQ(system_call_name(100000), "system call");
}

}  // namespace
}  // namespace tusk::php::backtrace
