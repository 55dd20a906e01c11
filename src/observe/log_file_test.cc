#include "observe/log_file.h"

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

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

}  // namespace
}  // namespace tusk::observe
