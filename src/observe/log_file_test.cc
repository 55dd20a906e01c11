#include "observe/log_file.h"

#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/test_directory.h"
#include "observe/captured_output.h"
#include "observe/log.h"

namespace tusk::observe {
namespace {

TEST(Journal, IsRecognizedByTheDescriptorsNumbers) {
  const CapturedOutput captured(STDERR_FILENO);
  struct stat status{};
  ASSERT_EQ(::fstat(STDERR_FILENO, &status), 0);
  const std::string device = std::to_string(status.st_dev);
  const std::string inode = std::to_string(status.st_ino);
  ::setenv("JOURNAL_STREAM", (device + ":" + inode).c_str(), 1);
  EXPECT_TRUE(stderr_is_journal());
  init({});
  warn("one\n<0>forged");
  EXPECT_TRUE(flush(std::chrono::seconds(20)));
  const auto lines = captured.lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].starts_with("<4>2")) << lines[0];

  // A parent's journal: stderr has been redirected since.
  for (const std::string& other : {device + ":" + inode + "1", device, ":" + inode, device + ":",
                                   std::string("x:y"), std::string()}) {
    ::setenv("JOURNAL_STREAM", other.c_str(), 1);
    EXPECT_FALSE(stderr_is_journal()) << other;
  }
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_FALSE(stderr_is_journal());
  init({});
}

class GivenLogFile : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may give files away";
  }
  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  void give(const std::string& name) const {
    const std::vector<std::string> files{path(name), ""};
    give_log_files({.user = "nobody", .group = {}}, files);
  }
  uid_t owner(const std::string& name) const {
    struct stat status{};
    return ::lstat(path(name).c_str(), &status) == 0 ? status.st_uid : kNoFile;
  }
  static constexpr uid_t kNoFile = 12345;  // no user's number
  base::TestDirectory directory_;
};

TEST_F(GivenLogFile, IsMadeInADirectoryOfRoots) {
  give("log");
  EXPECT_EQ(owner("log"), 65534U);
  directory_.write("old", "from a start as root\n");
  give("old");
  EXPECT_EQ(owner("old"), 65534U);
}

// The file may be another service's.
TEST_F(GivenLogFile, KeepsAnotherOwner) {
  directory_.write("log", "");
  ASSERT_EQ(::chown(path("log").c_str(), 12, 12), 0);
  give("log");
  EXPECT_EQ(owner("log"), 12U);
}

// The user could have put anything there.
TEST_F(GivenLogFile, IsNotMadeElsewhere) {
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0777), 0);
  give("log");
  EXPECT_EQ(owner("log"), kNoFile);
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
  ASSERT_EQ(::chown(directory_.path().c_str(), 65534, 65534), 0);
  give("log");
  EXPECT_EQ(owner("log"), kNoFile);
}

// A member of the group, which may write there, can move a file of root's there from a directory
// of its own.
TEST_F(GivenLogFile, OfAGroupsDirectoryIsANewOne) {
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0775), 0);
  directory_.write("secret", "");
  give("secret");
  EXPECT_EQ(owner("secret"), 0U);
  give("log");
  EXPECT_EQ(owner("log"), 65534U);
}

// It could have another name in the end.
TEST_F(GivenLogFile, IsNotMadeBelowADirectoryOfAnotherUser) {
  const std::string below = path("below");
  ASSERT_EQ(::mkdir(below.c_str(), 0755), 0);
  for (const mode_t mode : {0755U, 0775U, 01777U}) {
    ASSERT_EQ(::chmod(directory_.path().c_str(), mode), 0);
    ASSERT_EQ(::chown(directory_.path().c_str(), mode == 0755 ? 65534 : 0, 0), 0);
    give("below/log");
    EXPECT_EQ(owner("below/log"), mode == 01777 ? 65534U : kNoFile) << mode;
  }
}

TEST_F(GivenLogFile, IsNoLink) {
  directory_.write("secret", "");
  ASSERT_EQ(::symlink("secret", path("link").c_str()), 0);
  ASSERT_EQ(::link(path("secret").c_str(), path("second").c_str()), 0);
  ASSERT_EQ(::symlink(".", path("way").c_str()), 0);
  for (const char* const name : {"link", "second", "way/secret"}) give(name);
  EXPECT_EQ(owner("secret"), 0U);
  give("way/log");
  EXPECT_EQ(owner("log"), kNoFile);
}

}  // namespace
}  // namespace tusk::observe
