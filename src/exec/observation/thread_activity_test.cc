#include "exec/observation/thread_activity.h"

#include <array>
#include <atomic>
#include <csignal>
#include <optional>
#include <string>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tusk::exec::observation {
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

TEST_F(ThreadActivityTest, SaysInWhichCallAnotherProcessWaits) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    char byte = 0;
    ::_exit(::read(pipe_[0], &byte, 1) == 1 ? 0 : 1);
  }
  const std::string path = "/proc/" + std::to_string(child);
  const int directory = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  ASSERT_GE(directory, 0);
  const ThreadActivity activity(directory, child);
  const bool can_tell = activity.now().state != ThreadActivity::State::kUnknown;
  while (can_tell && activity.now().state != ThreadActivity::State::kWaitsInCall) {
    std::this_thread::yield();
  }
  if (can_tell) {
    EXPECT_EQ(activity.now().system_call, SYS_read);
    EXPECT_EQ(activity.cpu_time(), activity.cpu_time());
  }
  EXPECT_EQ(::write(pipe_[1], "x", 1), 1);
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  // Its number may be another's by now.
  EXPECT_EQ(activity.now().state, ThreadActivity::State::kUnknown);
  ::close(directory);
}

// However shortly, and long before the next tick of the kernel's clock.
TEST_F(ThreadActivityTest, AnotherProcessThatHasRunHasUsedTime) {
  std::array<int, 2> answers{};
  ASSERT_EQ(::pipe(answers.data()), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(pipe_[1]);
    char byte = 0;
    while (::read(pipe_[0], &byte, 1) == 1 && ::write(answers[1], &byte, 1) == 1) {
    }
    ::_exit(0);
  }
  const std::string path = "/proc/" + std::to_string(child);
  const int directory = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  const ThreadActivity activity(directory, child);
  for (int round = 0; round < 500; ++round) {
    const base::Duration before = activity.cpu_time();
    char byte = 'x';
    ASSERT_EQ(::write(pipe_[1], &byte, 1), 1);
    ASSERT_EQ(::read(answers[0], &byte, 1), 1);
    ASSERT_NE(activity.cpu_time(), before) << "in round " << round;
  }
  ::kill(child, SIGKILL);
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
  ::close(directory);
  for (const int fd : answers) ::close(fd);
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
}  // namespace tusk::exec::observation
