#include "php/preload/list/list_file.h"

#include <chrono>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/test_directory.h"

namespace tusk::php::preload {
namespace {

class ListFileTest : public testing::Test {
 protected:
  base::TestDirectory directory_;
  const std::string path_ = directory_.path() + "/state/tusk/preload.json";
};

TEST_F(ListFileTest, ThatIsNotThereIsAnEmptyList) {
  const auto file = ListFile::lock(path_, {});
  ASSERT_TRUE(file) << file.error().message;
  const auto list = file->read();
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_TRUE(list->files.empty());
}

TEST_F(ListFileTest, IsReadAsItWasWritten) {
  const auto file = ListFile::lock(path_, {});
  ASSERT_TRUE(file);
  PreloadList list;
  list.files["/a.php"] = {.hits = 3};
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(file->write(list));
  const auto read = ListFile::read(path_, ListFile::Owner::kThisUser);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->files, list.files);
}

TEST_F(ListFileTest, HasOneWriter) {
  {
    const auto file = ListFile::lock(path_, {});
    ASSERT_TRUE(file);
    EXPECT_FALSE(ListFile::lock(path_, std::chrono::milliseconds(30)));
  }
  EXPECT_TRUE(ListFile::lock(path_, {}));
}

TEST_F(ListFileTest, ThatOthersMayWriteIsRefused) {
  ASSERT_TRUE(ListFile::lock(path_, {})->write({}));
  ::chmod(path_.c_str(), 0664);
  EXPECT_FALSE(ListFile::read(path_, ListFile::Owner::kThisUser));
  EXPECT_TRUE(ListFile::read(path_, ListFile::Owner::kAny));
  ::chmod(path_.c_str(), 0644);
  EXPECT_TRUE(ListFile::read(path_, ListFile::Owner::kThisUser));
  std::filesystem::rename(path_, path_ + ".other");
  std::filesystem::create_symlink(path_ + ".other", path_);
  EXPECT_FALSE(ListFile::read(path_, ListFile::Owner::kThisUser)) << "a link";
}

TEST_F(ListFileTest, ThatIsNoListIsAnError) {
  ASSERT_TRUE(ListFile::lock(path_, {}));
  std::ofstream(path_) << "{";
  ::chmod(path_.c_str(), 0644);
  const auto list = ListFile::read(path_, ListFile::Owner::kThisUser);
  ASSERT_FALSE(list);
  EXPECT_TRUE(list.error().message.starts_with(path_)) << list.error().message;
}

TEST_F(ListFileTest, ADirectoryThatCannotBeMadeIsAnError) {
  std::ofstream(directory_.path() + "/file") << "";
  EXPECT_FALSE(ListFile::lock(directory_.path() + "/file/preload.json", {}));
}

}  // namespace
}  // namespace tusk::php::preload
