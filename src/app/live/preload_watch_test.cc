#include "app/live/preload_watch.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/test_directory.h"
#include "php/preload/list/list_file.h"

namespace tusk::app::live {
namespace {

using php::preload::FileState;
using php::preload::ListFile;
using php::preload::PreloadList;

class PreloadedFilesTest : public testing::Test {
 protected:
  // Lists the file as it is on the disk.
  void list(const std::string& path, FileState state) {
    struct stat info{};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    list_.files[path] = {
        .state = state,
        .modified_ns = info.st_mtim.tv_sec * std::int64_t{1'000'000'000} + info.st_mtim.tv_nsec,
        .size_bytes = static_cast<std::uint64_t>(info.st_size)};
    ASSERT_TRUE(ListFile::lock(file_, {})->write(list_));
  }

  base::TestDirectory directory_;
  const std::string file_ = directory_.path("list.json");
  PreloadList list_;
  PreloadedFiles files_;
};

TEST_F(PreloadedFilesTest, ThoseThatDifferOnTheDiskHaveChanged) {
  const std::string one = directory_.write("one.php", "<?php class One {}");
  const std::string two = directory_.write("two.php", "<?php class Two {}");
  const std::string left_out = directory_.write("left_out.php", "<?php");
  list(one, FileState::kPreloaded);
  list(two, FileState::kPreloaded);
  list(left_out, FileState::kLeftOut);
  files_.add(file_);
  EXPECT_EQ(files_.changed(), 0U);
  directory_.write("one.php", "<?php class One { const X = 1; }");
  directory_.write("left_out.php", "<?php // longer");
  EXPECT_EQ(files_.changed(), 1U);
  std::filesystem::remove(two);
  EXPECT_EQ(files_.changed(), 2U);
}

// Another process has started anew, and has written to the list what it has preloaded.
TEST_F(PreloadedFilesTest, AFileStaysAsThisProcessHasPreloadedIt) {
  const std::string one = directory_.write("one.php", "<?php class One {}");
  list(one, FileState::kPreloaded);
  files_.add(file_);
  directory_.write("one.php", "<?php class One { const X = 1; }");
  list(one, FileState::kPreloaded);
  files_.add(file_);
  EXPECT_EQ(files_.changed(), 1U);
  files_.forget();
  files_.add(file_);
  EXPECT_EQ(files_.changed(), 0U);
}

TEST_F(PreloadedFilesTest, WithoutAListNothingHasChanged) {
  files_.add(file_);
  EXPECT_EQ(files_.changed(), 0U);
  directory_.write("list.json", "{");
  files_.add(file_);
  EXPECT_EQ(files_.changed(), 0U);
}

}  // namespace
}  // namespace tusk::app::live
