// HostLink with a PHP host at its other end.
#include "exec/process/host_link.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/test_directory.h"
#include "base/unique_fd.h"
#include "exec/process/doorbells.h"
#include "exec/process/figures/host_board.h"
#include "host/test_server.h"

namespace tusk::host {
namespace {

using process::HostLink;

class HostLinkTest : public ::testing::Test {
 protected:
  base::Result<std::unique_ptr<HostLink>> start(std::vector<int> descriptors) {
    return HostLink::start({.path = TUSK_HOST_PROGRAM, .settings = encode(settings_)}, descriptors,
                           {.on_ready = [this](const std::string&) { note("ready"); },
                            .on_failed = [this](int, pid_t, const std::string& why) { note(why); },
                            .on_no_boot = [this](const std::string& why) { note(why); },
                            .on_forked = [](int, pid_t) {},
                            .on_ended = [](int, pid_t, int) {},
                            .on_gone = [this](std::optional<int>) { gone_ = true; }});
  }
  std::vector<int> descriptors() const { return {board_.fd(), doorbells_.fd(), bell_.get()}; }
  void note(const std::string& what) {
    const base::MutexLock lock(mutex_);
    answer_ = what;
    changed_.notify_all();
  }
  std::string await_answer() {
    base::MutexLock lock(mutex_);
    const auto until = std::chrono::steady_clock::now() + kTestPatience;
    while (answer_.empty() && changed_.wait_until(lock, until) != std::cv_status::timeout) {
    }
    return answer_;
  }
  // Neither running nor a zombie.
  static bool has_no_children() { return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }

  base::TestDirectory directory_;
  HostSettings settings_ = TestServer().settings;
  process::HostBoard board_ = process::HostBoard::create().value();
  process::Doorbells doorbells_ = std::move(*process::Doorbells::create());
  base::UniqueFd bell_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  base::Mutex mutex_;
  base::Condition changed_;
  std::string answer_ TUSK_GUARDED_BY(mutex_);
  bool gone_ = false;
};

TEST_F(HostLinkTest, SettingsMayBeLong) {
  settings_.scripts.environment = {{"LONG", std::string(process::kMostText * 3, 'x')}};
  base::Result<std::unique_ptr<HostLink>> link = start(descriptors());
  ASSERT_TRUE(link) << link.error().message;
  EXPECT_EQ(await_answer(), "ready");
  link->reset();
  EXPECT_TRUE(gone_);
  EXPECT_TRUE(has_no_children());
}

TEST_F(HostLinkTest, AHostThatCannotBeGreetedLeavesNothing) {
  const base::Result<std::unique_ptr<HostLink>> link =
      start(std::vector<int>(process::kMostDescriptors + 1, bell_.get()));
  EXPECT_FALSE(link);
  EXPECT_TRUE(has_no_children());
  EXPECT_FALSE(gone_) << "nobody has it";
}

TEST_F(HostLinkTest, AThreadThatCannotBeMadeIsAFailure) {
  pthread_attr_t usual;
  ASSERT_EQ(::pthread_getattr_default_np(&usual), 0);
  pthread_attr_t too_large = usual;
  ASSERT_EQ(::pthread_attr_setstacksize(&too_large, std::size_t{1} << 47), 0);
  ASSERT_EQ(::pthread_setattr_default_np(&too_large), 0);
  const base::Result<std::unique_ptr<HostLink>> link = start(descriptors());
  ASSERT_EQ(::pthread_setattr_default_np(&usual), 0);
  EXPECT_FALSE(link);
  EXPECT_TRUE(has_no_children());
}

TEST_F(HostLinkTest, AHostThatStillStartsIsNotWaitedFor) {
  const std::string script = directory_.write("preload.php", "<?php sleep(60);");
  settings_.php.directives = {{.name = "opcache.preload", .value = script},
                              {.name = "opcache.preload_user", .value = "root"}};
  const base::MonotonicTime began = base::now();
  base::Result<std::unique_ptr<HostLink>> link = start(descriptors());
  ASSERT_TRUE(link) << link.error().message;
  link->reset();
  EXPECT_LT(base::now() - began, HostLink::kTimeToEnd);
  EXPECT_TRUE(has_no_children());
}

}  // namespace
}  // namespace tusk::host
