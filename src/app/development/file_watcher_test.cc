#include "app/development/file_watcher.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <semaphore>

#include <gtest/gtest.h>

#include "base/guarded.h"
#include "base/test_directory.h"

namespace tusk::app::development {
namespace {

using Paths = std::vector<std::string>;
using std::chrono::milliseconds;

// Each test is run with the kernel's reports and by polling.
class FileWatcherTest : public testing::TestWithParam<FileWatcher::Method> {
 protected:
  void watch(const std::vector<std::string>& globs, FileTree::Limits limits = {}) {
    base::Result<WatchGlobs> compiled =
        WatchGlobs::compile(globs, directory_.path(), directory_.path());
    ASSERT_TRUE(compiled);
    globs_.emplace(std::move(*compiled));
    watcher_ = std::make_unique<FileWatcher>(
        *globs_,
        FileWatcher::Settings{.method = GetParam(), .limits = limits, .poll = milliseconds(20)},
        [this](const Paths& paths) {
          changes_.lock()->push_back(paths);
          news_.release();
        });
    ASSERT_TRUE(watcher_->start());
    while (!watcher_->is_watching()) std::this_thread::yield();
  }
  // Waits for all of `names` to be reported, in one change or in several.
  void expect_changes(Paths names) {
    while (!names.empty()) {
      ASSERT_TRUE(news_.try_acquire_for(std::chrono::seconds(20))) << names.front();
      const Paths reported = changes_.lock()->at(taken_++);
      std::erase_if(names, [&](const std::string& name) {
        return std::ranges::find(reported, directory_.path(name)) != reported.end();
      });
    }
  }

  base::TestDirectory directory_;
  base::Guarded<std::vector<Paths>> changes_;
  std::counting_semaphore<> news_{0};
  std::size_t taken_ = 0;
  std::optional<WatchGlobs> globs_;
  std::unique_ptr<FileWatcher> watcher_;
};

INSTANTIATE_TEST_SUITE_P(Methods, FileWatcherTest,
                         testing::Values(FileWatcher::Method::kAutomatic,
                                         FileWatcher::Method::kPolling));

TEST_P(FileWatcherTest, ReportsFilesThatAreWrittenCreatedReplacedAndRemoved) {
  directory_.write("a.php", "1");
  directory_.write("note.txt", "1");
  watch({"*.php"});
  directory_.write("note.txt", "22");
  directory_.write("a.php", "22");
  expect_changes({"a.php"});
  directory_.write("b.php", "");
  expect_changes({"b.php"});
  directory_.write("a.php.tmp", "333");
  std::filesystem::rename(directory_.path("a.php.tmp"), directory_.path("a.php"));
  expect_changes({"a.php"});
  std::filesystem::remove(directory_.path("b.php"));
  expect_changes({"b.php"});
  for (const Paths& change : *changes_.lock()) EXPECT_EQ(change.size(), 1U);
}

TEST_P(FileWatcherTest, FollowsDirectoriesThatAppearMoveAndGo) {
  watch({"**/*.php"});
  directory_.write("new/deep/a.php", "1");
  expect_changes({"new/deep/a.php"});
  directory_.write("new/deep/a.php", "22");
  expect_changes({"new/deep/a.php"});
  std::filesystem::rename(directory_.path("new"), directory_.path("moved"));
  expect_changes({"new/deep/a.php", "moved/deep/a.php"});
  directory_.write("moved/deep/a.php", "333");
  expect_changes({"moved/deep/a.php"});
  std::filesystem::remove_all(directory_.path("moved"));
  expect_changes({"moved/deep/a.php"});
}

TEST_P(FileWatcherTest, WaitsForADirectoryThatDoesNotExistYet) {
  watch({"src/**/*.php"});
  directory_.write("src/a.php", "1");
  expect_changes({"src/a.php"});
  directory_.write("src/a.php", "22");
  expect_changes({"src/a.php"});
}

TEST_P(FileWatcherTest, ManyChangesAreOne) {
  watch({"**/*.php"});
  Paths names;
  for (int i = 0; i < 3000; ++i) {
    names.push_back("d" + std::to_string(i % 50) + "/" + std::to_string(i) + ".php");
    directory_.write(names.back(), "1");
  }
  expect_changes(names);
  EXPECT_LE(taken_, 20U) << "each is reported by itself";
}

TEST_P(FileWatcherTest, ALinkedDirectoryIsWatchedOnce) {
  directory_.write("real/a.php", "1");
  std::filesystem::create_directory_symlink("..", directory_.path("real/loop"));
  watch({"**/*.php"});
  directory_.write("real/a.php", "22");
  expect_changes({"real/a.php"});
}

TEST_P(FileWatcherTest, WatchesNoMoreDirectoriesThanItsLimit) {
  directory_.write("a.php", "1");
  directory_.write("x/y/z/a.php", "1");
  watch({"**/*.php"}, {.directories = 1});
  directory_.write("x/y/z/a.php", "22");
  directory_.write("a.php", "22");
  expect_changes({"a.php"});
  EXPECT_EQ(changes_.lock()->front().size(), 1U);
}

TEST_P(FileWatcherTest, Stops) {
  watch({"**/*.php"});
  EXPECT_TRUE(watcher_->stop(std::chrono::seconds(20)));
  EXPECT_TRUE(watcher_->stop(milliseconds(0)));
}

}  // namespace
}  // namespace tusk::app::development
