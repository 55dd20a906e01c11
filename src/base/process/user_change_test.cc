// change_user() in a child, since the change is for good. Without the right to it, only refusals
// are tested.
#include "base/process/user_change.h"

#include <cstdlib>
#include <future>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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
  // The kernel takes this number for "no change": the process would stay root.
  EXPECT_EQ(message({.user = "4294967295", .group = "0"}), "there is no user '4294967295'");
  EXPECT_EQ(message({.user = {}, .group = "4294967295"}), "there is no group '4294967295'");
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

// A service manager's CAP_SETUID leaves a process in the same state.
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

// A PHP host does so, when a server of this user has started it.
TEST(UserChange, CanLeaveTheRightToChangeAgainToPrograms) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may change";
  EXPECT_TRUE(in_child([] {
    if (!change_user({.user = "nobody", .group = {}}, Keep::kUserChange)) return false;
    // Programs that are executed inherit ambient capabilities.
    const bool is_handed =
        ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_SETUID, 0, 0) == 1 &&
        ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_SYS_PTRACE, 0, 0) == 0;
    return is_handed && ::getuid() == 65534 && ::access("/proc/1/mem", R_OK) != 0 &&
           change_user({.user = "12345", .group = "54321"}) && ::getuid() == 12345 &&
           ::getgid() == 54321 && ::setuid(65534) != 0;
  }));
}

TEST(UserChange, TakesCapabilitiesFromAProcessThatIsTheUserAlready) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may change";
  EXPECT_TRUE(in_child([] {
    const UserAndGroup nobody{.user = "nobody", .group = {}};
    return change_user(nobody, Keep::kUserChange) && change_user(nobody) && ::setuid(0) != 0 &&
           ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_SETUID, 0, 0) == 0;
  }));
  EXPECT_TRUE(in_child([] {
    if (!change_user({.user = "nobody", .group = {}}, Keep::kUserChange)) return false;
    drop_capabilities();
    return ::setuid(0) != 0;
  }));
}

TEST(UserChange, SaysBeforehandWhetherItWouldFail) {
  EXPECT_TRUE(may_change_user({}));
  EXPECT_FALSE(may_change_user({.user = "no-such-user", .group = {}}));
  EXPECT_TRUE(in_child([] {
    const UserAndGroup nobody{.user = "nobody", .group = {}};
    if (::geteuid() == 0 && (!may_change_user(nobody) || !change_user(nobody))) return false;
    const UserAndGroup self{.user = std::to_string(::geteuid()), .group = {}};
    const Result<void> back = may_change_user({.user = "root", .group = {}});
    return may_change_user(self) && change_user(self) && !back &&
           back.error().message.find("cannot change to user root as user ") == 0;
  }));
}

// The log's thread runs before the user changes.
TEST(UserChange, ChangesAllThreads) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may change";
  EXPECT_TRUE(in_child([] {
    std::promise<void> changed;
    bool may_return = true;
    std::thread other([&, wait = changed.get_future()]() mutable {
      wait.get();
      may_return = ::geteuid() != 65534 || ::syscall(SYS_setuid, 0) == 0;
    });
    const bool done = change_user({.user = "nobody", .group = {}}, Keep::kUserChange).has_value();
    changed.set_value();
    other.join();
    return done && !may_return;
  }));
}

}  // namespace
}  // namespace tusk::base::process
