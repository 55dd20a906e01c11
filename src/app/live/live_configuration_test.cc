#include "app/live/live_configuration.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/process/acting_user.h"
#include "base/test_directory.h"
#include "config/flags.h"

namespace tusk::app::live {
namespace {

class LiveConfigurationTest : public testing::Test {
 protected:
  LiveConfigurationTest() { directory_.write("php.ini", "a=1"); }

  LiveConfiguration start(const std::string& file_text) {
    config::Sources sources{
        .flags =
            config::parse_flags({std::vector<std::string>{"--rate-window=10"}}, {}).assignments,
        .environment = {"TUSK_CONFIG=/no/tusk.toml"},
        .working_directory = directory_.path(),
        .machine = {},
        .file_text = file_text};
    const config::Loaded loaded = config::load(sources);
    sources.file_text.reset();
    return {std::move(sources), loaded, StartFiles({directory_.path() + "/php.ini"})};
  }

  base::TestDirectory directory_;
};

TEST_F(LiveConfigurationTest, TakesOverWhatChangesInPlace) {
  LiveConfiguration live = start("");
  EXPECT_EQ(live.json().find("\"debug\""), std::string::npos);
  const auto changed = live.change(
      "log_level = \"debug\"\nrate_limit = 7\nrate_window = 5\nslow_request = 2\nslow_memory = "
      "1024\n"
      "stall_timeout = 3\ndrain_delay = 4\ndrain_timeout = 6\nprocess_memory_limit = 9\n"
      "process_max_age = 10\nprocess_max_lost_workers = 11\nprocess_max_opcache_restarts = 12\n");
  ASSERT_TRUE(changed) << changed.error().message;
  plan::LiveSettings wanted;
  wanted.log_level = observe::Level::kDebug;
  wanted.slow_log = {.time = std::chrono::seconds(2), .memory_bytes = 1024};
  wanted.stall_timeout = std::chrono::seconds(3);
  wanted.rate_limit.requests = 7;
  wanted.rate_limit.window = std::chrono::seconds(10);  // the flag overrides the file
  wanted.drain_delay = std::chrono::seconds(4);
  wanted.drain_timeout = std::chrono::seconds(6);
  wanted.recycling = {.memory_bytes = 9,
                      .age = std::chrono::seconds(10),
                      .lost_workers = 11,
                      .opcache_restarts = 12};
  EXPECT_EQ(*changed, wanted);
  EXPECT_NE(live.json().find("\"debug\""), std::string::npos);
  // And back.
  EXPECT_TRUE(live.change(""));
}

TEST_F(LiveConfigurationTest, RefusesAllElse) {
  LiveConfiguration live = start("log_level = \"warn\"\n");
  const std::string before = live.json();
  const auto mixed = live.change("log_level = \"debug\"\nphp_workers = 7\n");
  ASSERT_FALSE(mixed);
  EXPECT_NE(mixed.error().message.find("php_workers"), std::string::npos) << mixed.error().message;
  EXPECT_FALSE(live.change("no such thing"));
  EXPECT_FALSE(live.change("log_level = \"loud\""));
  EXPECT_EQ(live.json(), before);
}

TEST_F(LiveConfigurationTest, RefusesWhenAFileOfTheStartHasChanged) {
  LiveConfiguration live = start("");
  directory_.write("php.ini", "a=22");
  const auto changed = live.change("log_level = \"debug\"\n");
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().message, directory_.path() + "/php.ini has changed");
}

// The supervisor has looked at it, perhaps as root.
TEST_F(LiveConfigurationTest, LeavesTheMachineToTheSupervisor) {
  LiveConfiguration live = start("crash_dir = \"/no/such/directory\"\n");
  const auto changed = live.change("crash_dir = \"/no/such/directory\"\nlog_level = \"debug\"\n");
  EXPECT_TRUE(changed) << changed.error().message;
}

TEST_F(LiveConfigurationTest, AFileThatCannotBeLookedAtMayHaveChanged) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may act as another user";
  const std::string file = directory_.path() + "/php.ini";
  ::chmod(directory_.path().c_str(), 0700);
  const base::process::ActingUser acting({.user = "nobody", .group = {}});
  EXPECT_EQ(StartFiles({file}).changed(), file);
}

TEST_F(LiveConfigurationTest, AFileThatAppearsHasChanged) {
  StartFiles files({directory_.path(), directory_.path() + "/new.ini"});
  EXPECT_EQ(files.changed(), std::nullopt);
  directory_.write("new.ini", "");
  EXPECT_TRUE(files.changed());
}

}  // namespace
}  // namespace tusk::app::live
