// A tree of plain files stands in for the kernel's: what is written there ends nobody.
#include "exec/process/group/pool_group.h"

#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "base/test_directory.h"
#include "exec/process/group/test_family.h"

namespace tusk::exec::process {
namespace {

using base::process::ControlGroupTree;

class Group : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_.write("cgroup.controllers", "pids");
    directory_.write("cgroup.subtree_control", "pids");
    for (const char* const name : {"cgroup.procs", "memory.max", "cpu.max", "pids.max"})
      write(name, "");
    use(1);
    const auto made = group_.make(tree());
    ASSERT_TRUE(made) << made.error().message;
  }

  ControlGroupTree tree() const { return {.mount = directory_.path(), .own = "0::/\n"}; }

  void write(const std::string& name, const std::string& text) {
    directory_.write("shop/" + name, text);
  }
  void use(int processes) { write("pids.current", std::to_string(processes) + "\n"); }

  void put(const std::vector<pid_t>& processes) {
    std::string text;
    for (const pid_t process : processes) text += std::to_string(process) + "\n";
    write("cgroup.procs", text);
  }

  std::string content(const std::string& name) const {
    std::ifstream file(directory_.path("shop/" + name));
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static inline const base::process::ControlGroupSettings kSettings{.name = "/shop",
                                                                    .processes = 10};
  // Nothing here may depend on how fast processes end.
  static constexpr PoolGroup::Patience kPatience{.clear = std::chrono::minutes(1),
                                                 .kill = std::chrono::minutes(1)};

  const base::TestDirectory directory_;
  PoolGroup group_{kSettings, ::getpid(), kPatience};
};

TEST_F(Group, IsClearedOfWhatAnEarlierServerHasLeft) {
  const Family strays(3);
  put(strays.children());
  const PoolGroup::Cleared cleared = group_.clear();
  EXPECT_EQ(cleared.killed, 3U);
  EXPECT_EQ(cleared.left, 0U);
  EXPECT_EQ(strays.left(), 0U);
}

TEST_F(Group, IsClearedByTheKernelWhereItCan) {
  const Family strays(3);
  put(strays.children());
  write("cgroup.kill", "");
  const std::jthread kernel([&](const std::stop_token& stop) {
    while (!stop.stop_requested() && content("cgroup.kill") != "1") ::poll(nullptr, 0, 1);
    for (const pid_t stray : strays.children()) ::kill(stray, SIGKILL);
  });
  const PoolGroup::Cleared cleared = group_.clear();
  EXPECT_EQ(content("cgroup.kill"), "1");
  EXPECT_EQ(cleared.killed, 3U);
  EXPECT_EQ(cleared.left, 0U);
  EXPECT_EQ(strays.left(), 0U);
}

TEST_F(Group, IsUsedThoughWhatIsInItDoesNotEnd) {
  const Family strays(2);
  put(strays.children());
  write("cgroup.kill", "");
  PoolGroup impatient(kSettings, ::getpid(), {.clear = {}, .kill = {}});
  ASSERT_TRUE(impatient.make(tree()));
  EXPECT_GT(impatient.clear().left, 0U);
  EXPECT_EQ(strays.left(), 2U) << "writing to a plain file ends none";
}

// Programs that a script leaves behind run on, as long as there is room.
TEST_F(Group, IsNotClearedWhileAServerHasAHostInIt) {
  const Family host(0);
  const Family strays(2);
  write("cgroup.kill", "");
  std::vector<pid_t> members = strays.children();
  members.push_back(host.parent());
  put(members);
  EXPECT_EQ(group_.clear().killed, 0U);
  EXPECT_EQ(strays.left(), 2U);
  use(9);
  EXPECT_EQ(group_.clear().killed, 2U);
  EXPECT_EQ(strays.left(), 0U);
  EXPECT_EQ(::kill(host.parent(), 0), 0);
  EXPECT_EQ(content("cgroup.kill"), "") << "it would end the host";
}

TEST_F(Group, LosesItsStraysWhenItIsFull) {
  const Family host(2);
  const Family strays(3);
  std::vector<pid_t> members = strays.children();
  members.push_back(host.parent());
  members.insert(members.end(), host.children().begin(), host.children().end());
  put(members);
  EXPECT_EQ(group_.kill_strays(), 0U);
  EXPECT_EQ(strays.left(), 3U);
  use(9);
  EXPECT_TRUE(group_.is_full());
  EXPECT_EQ(group_.kill_strays(), 3U);
  EXPECT_EQ(strays.left(), 0U);
  EXPECT_EQ(host.left(), 2U);
}

TEST_F(Group, SaysWhetherTuskMayHaveIt) {
  EXPECT_FALSE(group_.is_refused());
  PoolGroup without_controller({.name = "/shop", .memory_bytes = 4096}, ::getpid());
  EXPECT_FALSE(without_controller.make(tree()));
  EXPECT_TRUE(without_controller.is_refused());
  PoolGroup none({}, ::getpid());
  EXPECT_TRUE(none.make());
  EXPECT_FALSE(none.is_refused());
  EXPECT_FALSE(none.is_full());
  EXPECT_EQ(none.clear().killed + none.kill_strays(), 0U);
}

}  // namespace
}  // namespace tusk::exec::process
