// getlogin(), getpwnam() and getpwuid() of php/libc/user_accounts.cc, which replace libc's.

#include <cerrno>
#include <thread>

#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

namespace {

TEST(UserAccounts, AreFoundByNameAndNumber) {
  const passwd* const root = ::getpwuid(0);
  ASSERT_NE(root, nullptr);
  EXPECT_STREQ(root->pw_name, "root");
  const passwd* const same = ::getpwnam("root");
  ASSERT_NE(same, nullptr);
  EXPECT_EQ(same->pw_uid, 0U);
}

TEST(UserAccounts, AnUnknownUserIsNoError) {
  errno = 0;
  EXPECT_EQ(::getpwnam("no-such-user-of-this-machine"), nullptr);
  EXPECT_EQ(errno, 0);
}

// libc has one buffer for the process.
TEST(UserAccounts, AnotherThreadDoesNotOverwriteThem) {
  const passwd* const root = ::getpwnam("root");
  ASSERT_NE(root, nullptr);
  std::thread([root] {
    const passwd* const nobody = ::getpwnam("nobody");
    ASSERT_NE(nobody, nullptr);
    EXPECT_NE(nobody, root);
    EXPECT_STREQ(nobody->pw_name, "nobody");
  }).join();
  EXPECT_STREQ(root->pw_name, "root");
}

TEST(UserAccounts, TheLoginNameIsTheThreads) {
  errno = 0;
  const char* const name = ::getlogin();
  if (name == nullptr) {
    EXPECT_NE(errno, 0) << "a process without a terminal has none, for a reason";
    return;
  }
  std::thread([name] { EXPECT_NE(::getlogin(), name); }).join();
}

}  // namespace
