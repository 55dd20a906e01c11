#include "site/absence.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "base/test_directory.h"

namespace tusk::site {
namespace {

TEST(Absence, SaysWhatIsMissingOrWhyItIsNotServed) {
  const base::TestDirectory root;
  std::filesystem::create_directories(root.path() + "/a/.git");
  root.write("a/.git/config", "");
  root.write("a/old.php5", "");
  root.write("a/b.txt", "");
  std::filesystem::create_symlink("nowhere", root.path() + "/a/link");
  const auto why = [&](std::string_view path) { return why_absent(root.path(), path); };
  EXPECT_EQ(why("/a/none"), "does not exist");
  EXPECT_EQ(why("/a/none/b/c"), "does not exist, nor does " + root.path() + "/a/none");
  EXPECT_EQ(why("/a/b.txt/c"), "does not exist");
  EXPECT_EQ(why("/a/.git/config"), "exists, but hidden files are never served");
  EXPECT_EQ(why("/a/old.php5"), "exists, but may be PHP source, which is never sent");
  EXPECT_EQ(why("/a/link"), "is a symbolic link that leads to no file");
  EXPECT_EQ(why("/a/b.txt"), "exists, but may not be served");
  EXPECT_EQ(existence(root.path(), "/a/link"), "it exists");
  EXPECT_EQ(existence(root.path(), "/none"), "it does not exist");
}

}  // namespace
}  // namespace tusk::site
