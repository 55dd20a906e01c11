#include "config/checks/user_checks.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/test_directory.h"
#include "config/test_load.h"

namespace tusk::config::checks {
namespace {

using Strings = std::vector<std::string>;

class ServerUser : public ::testing::Test {
 protected:
  // The user can enter it.
  ServerUser() { ::chmod(directory_.path().c_str(), 0755); }

  Loaded load(const std::string& file, const Strings& args = {}) const {
    return load_file(file, args, directory_);
  }

  Strings errors(const std::string& file, const Strings& args = {}) const {
    return messages_of(load(file, args).errors);
  }

  std::string at(int line) const {
    return directory_.path("t.toml") + ":" + std::to_string(line) + ": ";
  }
  Strings of_user(const std::string& message) const { return {at(1) + "user: " + message}; }

  base::TestDirectory directory_;
};

constexpr const char* kOwnPool = "[[pool]]\nname = \"own\"\nmatch = \"/own/*\"\n";

TEST_F(ServerUser, IsThere) {
  EXPECT_EQ(errors("user = \"nobody\"\n"), Strings{});
  EXPECT_EQ(errors("user = \"no-such-user\"\n"), of_user("there is no user 'no-such-user'"));
  EXPECT_EQ(errors("", {"--user=nobody", "--group=no-such-group"}),
            Strings{"--group: there is no group 'no-such-group'"});
  EXPECT_EQ(errors("user = \"3999999999\"\n"),
            of_user("user '3999999999' has no group of its own: name one"));
  EXPECT_EQ(errors("user = \"3999999999\"\ngroup = \"7\"\n"), Strings{});
  EXPECT_EQ(errors("group = \"nogroup\"\n"), Strings{at(1) + "group: needs user"});
  EXPECT_FALSE(load("user = \"no-such-user\"\n").errors.at(0).wrong_use);
}

TEST_F(ServerUser, LeavesNoRightsToThreads) {
  const std::string user = "user = \"nobody\"\n";
  const std::string why =
      ", and other pools run in threads of the server process, which gives up root: set engine = "
      "\"processes\" for all, or leave user out";
  const auto own = [&](const std::string& engine, const std::string& keys) {
    return errors(user + "engine = \"" + engine + "\"\n" + kOwnPool + keys);
  };
  EXPECT_EQ(own("threads", "user = \"daemon\"\n"),
            of_user("the pool 'own' has a user of its own" + why));
  EXPECT_EQ(own("threads", "user = \"nobody\"\n"), Strings{}) << "the server's";
  EXPECT_EQ(own("threads", "engine = \"processes\"\n"), Strings{});
  EXPECT_EQ(own("processes", "user = \"daemon\"\n"), Strings{});
  EXPECT_EQ(own("processes", "engine = \"threads\"\n"), Strings{});
  EXPECT_EQ(own("threads", "chroot = \"" + directory_.path() + "\"\n"),
            of_user("the pool 'own' has a chroot" + why));
  EXPECT_EQ(own("processes", "chroot = \"" + directory_.path() + "\"\n"), Strings{});
  // Root needs no other rights.
  EXPECT_EQ(errors("user = \"root\"\nengine = \"threads\"\n" + std::string(kOwnPool) +
                   "user = \"daemon\"\n"),
            Strings{});
}

TEST_F(ServerUser, CannotMakeACgroup) {
  const Strings found = errors("user = \"nobody\"\nengine = \"processes\"\n" +
                               std::string(kOwnPool) + "cgroup_pids_max = 20\n");
  // Only a start as root gives up the rights for it: another user may own a cgroup.
  EXPECT_EQ(found, ::geteuid() != 0
                       ? Strings{}
                       : of_user("the pool 'own' has a cgroup, which only root can make: limit the "
                                 "service, or leave user out"));
}

TEST_F(ServerUser, MustBeAbleToUseTheDirectories) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root starts tusk for another user";
  const std::string root = directory_.path("closed");
  ::mkdir(root.c_str(), 0700);
  EXPECT_EQ(errors("document_root = \"closed\"\n"), Strings{});
  const Strings found = errors("document_root = \"closed\"\nuser = \"nobody\"\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].starts_with(at(1) + "document_root: " + root +
                                   ": Permission denied for user nobody (uid 65534)"))
      << found[0];
  EXPECT_EQ(::geteuid(), 0U);
  ::chown(root.c_str(), 65534, 65534);
  EXPECT_EQ(errors("document_root = \"closed\"\nuser = \"nobody\"\n"), Strings{});
}

TEST_F(ServerUser, MustNotWriteTheConfiguration) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root starts tusk for another user";
  const auto warnings = [&] { return load("user = \"nobody\"\n").warnings; };
  ::chmod(directory_.path().c_str(), 0755);
  EXPECT_EQ(warnings(), Strings{});
  ::chmod(directory_.path().c_str(), 01777);
  EXPECT_EQ(warnings(), Strings{}) << "in such a directory it cannot replace the file";
  ::chmod(directory_.path().c_str(), 0777);
  ASSERT_EQ(warnings().size(), 1U);
  EXPECT_TRUE(warnings()[0].starts_with(at(1) + "user: scripts of this user can change "))
      << warnings()[0];
  ::chmod(directory_.path().c_str(), 0755);
  ::chown(directory_.path("t.toml").c_str(), 65534, 65534);
  EXPECT_EQ(warnings().size(), 1U);
}

TEST_F(ServerUser, NeedsAPlaceForTheListOfPreload) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root starts tusk for another user";
  const auto warnings = [&](const std::string& more) {
    return load("user = \"nobody\"\npreload = \"auto\"\n" + more).warnings;
  };
  ASSERT_EQ(warnings("").size(), 1U);
  EXPECT_TRUE(warnings("")[0].ends_with("set preload_file, in a directory of this user"));
  EXPECT_EQ(warnings("preload_file = \"list.json\"\n"), Strings{});
}

}  // namespace
}  // namespace tusk::config::checks
