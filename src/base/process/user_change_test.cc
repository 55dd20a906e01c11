// change_user() in a child, since the change is for good. Without the right to it, only refusals
// are tested.
#include "base/process/user_change.h"

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test_directory.h"

namespace tusk::base::process {
namespace {

// Whether `holds` is true in a child.
template <class Holds>
bool in_child(Holds holds) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(holds() ? 0 : 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(UserChange, RefusesUnknownNames) {
  const auto message = [](const UserAndGroup& to) {
    const Result<void> changed = change_user(to);
    return changed ? std::string() : changed.error().message;
  };
  EXPECT_EQ(message({}), "");
  EXPECT_EQ(message({.user = "no-such-user", .group = {}}), "there is no user 'no-such-user'");
  EXPECT_EQ(message({.user = {}, .group = "no-such-group"}), "there is no group 'no-such-group'");
  EXPECT_EQ(message({.user = "3999999999", .group = {}}),
            "user '3999999999' has no group of its own: name one");
}

TEST(UserChange, IsForGood) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may change";
  EXPECT_TRUE(in_child([] {
    return change_user({.user = "nobody", .group = {}}) && ::getuid() == 65534 &&
           ::setuid(0) != 0 && ::getgroups(0, nullptr) <= 1 &&
           std::string_view(::getenv("USER")) == "nobody" && ::prctl(PR_GET_DUMPABLE) == 1;
  }));
  EXPECT_TRUE(in_child([] {
    return change_user({.user = "12345", .group = "54321"}) && ::geteuid() == 12345 &&
           ::getegid() == 54321 && ::setgid(0) != 0;
  }));
}

// As with CAP_SETUID of a service manager.
TEST(UserChange, TakesCapabilitiesAway) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may change";
  EXPECT_TRUE(in_child([] {
    ::prctl(PR_SET_KEEPCAPS, 1);
    return change_user({.user = "nobody", .group = {}}) && ::setuid(0) != 0;
  }));
}

// ".." of the root directory is the directory itself, and no capability is left to change it again.
TEST(UserChange, CanBeFollowedByOneOfTheRootDirectory) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may change";
  TestDirectory directory;
  directory.write("here", "");
  EXPECT_TRUE(in_child([&] {
    ::chmod(directory.path().c_str(), 0755);
    return change_user({.user = "nobody", .group = {}}, Keep::kRootChange) &&
           change_root(directory.path()) && ::access("/here", F_OK) == 0 &&
           ::access("/../../here", F_OK) == 0 && ::access("/etc", F_OK) != 0 &&
           ::chroot("/") != 0 && ::setuid(0) != 0;
  }));
  EXPECT_TRUE(in_child([&] { return !change_root(directory.path()); })) << "as root";
  EXPECT_TRUE(in_child([&] {
    return change_user({.user = "nobody", .group = {}}) && !change_root(directory.path());
  })) << "without the right";
}

TEST(UserChange, FailsWithoutTheRight) {
  EXPECT_TRUE(in_child([] {
    if (::geteuid() == 0 && !change_user({.user = "nobody", .group = {}})) return false;
    const Result<void> back = change_user({.user = "root", .group = {}});
    return !back && back.error().message.find("change to user root") != std::string::npos;
  }));
}

}  // namespace
}  // namespace tusk::base::process
