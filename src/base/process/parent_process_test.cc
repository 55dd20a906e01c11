#include "base/process/parent_process.h"

#include <csignal>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace tusk::base::process {
namespace {

TEST(Parent, IsTheOneThatForked) {
  EXPECT_EQ(parent_of(::getpid()), ::getppid());
  const pid_t child = ::fork();
  if (child == 0) ::_exit(parent_of(::getpid()) == ::getppid() ? 0 : 1);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(Parent, IsThatOfTheProcessWhoseDirectoryIsOpen) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  const UniqueFd directory(::open(("/proc/" + std::to_string(child)).c_str(), O_PATH));
  ASSERT_TRUE(directory);
  EXPECT_EQ(parent_in(directory.get()), ::getpid());
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(parent_in(directory.get()), 0);
}

TEST(Parent, OfAZombieIsKnownUntilItIsWaitedFor) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(parent_of(child), ::getpid());
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(parent_of(child), 0);
}

// A program may choose any name.
TEST(Parent, IsReadBehindTheName) {
  for (const char* const name : {"a) S 1 (b", ")", ") ) ) ) )", "("}) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::prctl(PR_SET_NAME, name);
      ::_exit(parent_of(::getpid()) == ::getppid() ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << name;
  }
}

TEST(Parent, IsUnknownWhereNoneIs) {
  EXPECT_EQ(parent_of(0), 0);
  EXPECT_EQ(parent_of(-1), 0);
  EXPECT_EQ(parent_of(1), 0) << "the first process has none";
}

}  // namespace
}  // namespace tusk::base::process
