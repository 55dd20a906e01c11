#include "php/process/process_identity.h"

#include <cerrno>
#include <thread>

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tusk::php::process {
namespace {

TEST(ProcessIdentity, NumbersOfAllThreadsMeanThisProcess) {
  EXPECT_TRUE(is_own_process(::getpid()));
  std::thread([] {
    const auto number = static_cast<pid_t>(::syscall(SYS_gettid));
    EXPECT_NE(number, ::getpid());
    EXPECT_TRUE(is_own_process(number));
  }).join();
}

TEST(ProcessIdentity, OtherProcessesAndGroupsAreNotThisOne) {
  errno = 42;
  EXPECT_FALSE(is_own_process(::getppid()));
  EXPECT_FALSE(is_own_process(0)) << "the group";
  EXPECT_FALSE(is_own_process(-1)) << "all processes";
  EXPECT_FALSE(is_own_process(-::getpid())) << "a group";
  EXPECT_EQ(errno, 42);
}

}  // namespace
}  // namespace tusk::php::process
