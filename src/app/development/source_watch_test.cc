#include "app/development/source_watch.h"

#include <semaphore>
#include <string>

#include <gtest/gtest.h>

#include "base/test_directory.h"

namespace tusk::app::development {
namespace {

TEST(SourceWatch, TellsStyleSheetsFromSources) {
  EXPECT_EQ(what_changed({"/a.css", "/b.css"}), Changed::kStyles);
  EXPECT_EQ(what_changed({"/a.css", "/b.php"}), Changed::kSources);
}

TEST(SourceWatch, RestartsScriptsBeforeBrowsersReload) {
  const base::TestDirectory directory;
  directory.write("a.php", "1");
  const auto globs = WatchGlobs::compile(std::vector<std::string>{"*"}, directory.path(), "/");
  ASSERT_TRUE(globs);
  std::string order;
  std::binary_semaphore told{0};
  SourceWatch watch(*globs, FileWatcher::Method::kAutomatic,
                    {.restart_scripts = [&] { order += "restart "; },
                     .tell_browsers =
                         [&](Changed changed) {
                           order += changed == Changed::kStyles ? "styles " : "page ";
                           told.release();
                         }});
  ASSERT_TRUE(watch.start());
  while (!watch.is_watching()) std::this_thread::yield();
  directory.write("a.php", "22");
  ASSERT_TRUE(told.try_acquire_for(std::chrono::seconds(20)));
  directory.write("a.css", "1");
  ASSERT_TRUE(told.try_acquire_for(std::chrono::seconds(20)));
  ASSERT_TRUE(watch.stop(std::chrono::seconds(20)));
  EXPECT_EQ(order, "restart page styles ");
}

}  // namespace
}  // namespace tusk::app::development
