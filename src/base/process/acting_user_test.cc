#include "base/process/acting_user.h"

#include <csignal>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/test_directory.h"
#include "base/unique_fd.h"

namespace tusk::base::process {
namespace {

TEST(ActingUser, HasTheRightsOfTheUserAndGivesThemBack) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may act as another user";
  TestDirectory directory;
  directory.write("secret", "x");
  const std::string secret = directory.path() + "/secret";
  ::chmod(directory.path().c_str(), 0777);
  ::chmod(secret.c_str(), 0600);
  const std::string made = directory.path() + "/made";
  const int groups = ::getgroups(0, nullptr);
  int before = 0;
  ::prctl(PR_GET_PDEATHSIG, &before);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  {
    const ActingUser acting({.user = "nobody", .group = {}});
    EXPECT_EQ(::geteuid(), 65534U);
    EXPECT_EQ(::getuid(), 0U);
    EXPECT_FALSE(UniqueFd(::open(secret.c_str(), O_RDONLY | O_CLOEXEC)));
    EXPECT_TRUE(UniqueFd(::open(made.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)));
  }
  EXPECT_EQ(::geteuid(), 0U);
  EXPECT_EQ(::getegid(), 0U);
  EXPECT_EQ(::getgroups(0, nullptr), groups);
  EXPECT_EQ(::prctl(PR_GET_DUMPABLE), 1);
  int death_signal = 0;
  ::prctl(PR_GET_PDEATHSIG, &death_signal);
  EXPECT_EQ(death_signal, SIGTERM);
  ::prctl(PR_SET_PDEATHSIG, before);
  EXPECT_TRUE(UniqueFd(::open(secret.c_str(), O_RDONLY | O_CLOEXEC)));
  struct stat status{};
  ASSERT_EQ(::stat(made.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 65534U);
}

TEST(ActingUser, ChangesNothingWithoutAUser) {
  const uid_t before = ::geteuid();
  {
    const ActingUser nobody({});
    EXPECT_EQ(::geteuid(), before);
  }
  const ActingUser unknown({.user = "no-such-user", .group = {}});
  EXPECT_EQ(::geteuid(), before);
}

}  // namespace
}  // namespace tusk::base::process
