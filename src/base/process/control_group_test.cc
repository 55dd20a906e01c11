// A tree of plain files stands in for the kernel's: it shows what is written where.
#include "base/process/control_group.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/test_directory.h"

namespace tusk::base::process {
namespace {

using ::testing::HasSubstr;

class Groups : public ::testing::Test {
 protected:
  ControlGroupTree tree(const std::string& own) const {
    return {.mount = directory_.path(), .own = own, .leader = ::getpid()};
  }

  void make_group(const std::string& path, const std::string& controllers) {
    std::filesystem::create_directories(directory_.path() + path);
    for (const char* const name : {"cgroup.procs", "memory.max", "cpu.max", "pids.max"})
      directory_.write(path.substr(1) + "/" + name, "");
    directory_.write(path.substr(1) + "/cgroup.controllers", controllers);
    directory_.write(path.substr(1) + "/cgroup.subtree_control", controllers);
  }

  std::string content(const std::string& path) const {
    std::ifstream file(directory_.path() + path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TestDirectory directory_;
};

TEST_F(Groups, OfVersion2AreBelowTusksOwn) {
  directory_.write("cgroup.controllers", "cpu memory pids");
  directory_.write("cgroup.subtree_control", "cpu memory pids");
  make_group("/system.slice", "cpu memory pids");
  make_group("/system.slice/tusk.service", "cpu memory pids");
  make_group("/system.slice/tusk.service/shop", "");
  const ControlGroupSettings settings{
      .name = "shop", .memory_bytes = 64 << 20, .cpu_percent = 150, .processes = 30};
  // The second one is a server that has moved.
  for (const char* const own :
       {"0::/system.slice/tusk.service\n", "0::/system.slice/tusk.service/tusk-main\n"}) {
    const auto group = ControlGroup::make(settings, tree(own));
    ASSERT_TRUE(group) << group.error().message;
    const std::string path = "/system.slice/tusk.service/shop";
    EXPECT_EQ(group->path(), directory_.path() + path);
    EXPECT_EQ(content(path + "/memory.max"), "67108864");
    EXPECT_EQ(content(path + "/cpu.max"), "150000 100000");
    EXPECT_EQ(content(path + "/pids.max"), "30");
    ASSERT_TRUE(group->add(4711));
    EXPECT_EQ(group->members(), std::vector<pid_t>{4711});
    directory_.write(path.substr(1) + "/memory.events", "oom 3\noom_kill 2\n");
    EXPECT_EQ(group->oom_kills(), 2U);
    directory_.write(path.substr(1) + "/pids.current", "28\n");
    EXPECT_FALSE(group->is_full());
    directory_.write(path.substr(1) + "/pids.current", "29\n");
    EXPECT_TRUE(group->is_full());
  }
}

TEST_F(Groups, AreKilledByTheKernelUnlessItCannotOrOthersAreBelow) {
  directory_.write("cgroup.controllers", "");
  make_group("/shop", "");
  const auto group = ControlGroup::make({.name = "/shop"}, tree("0::/other\n"));
  ASSERT_TRUE(group) << group.error().message;
  EXPECT_FALSE(group->kill_all()) << "before Linux 5.14";
  directory_.write("shop/cgroup.kill", "");
  EXPECT_TRUE(group->kill_all());
  EXPECT_EQ(content("/shop/cgroup.kill"), "1");
  directory_.write("shop/cgroup.kill", "");
  make_group("/shop/inner", "");
  EXPECT_FALSE(group->kill_all());
  EXPECT_EQ(content("/shop/cgroup.kill"), "");
}

TEST_F(Groups, WithoutALimitHaveNone) {
  directory_.write("cgroup.controllers", "");
  directory_.write("cgroup.subtree_control", "");
  make_group("/shop", "");
  ASSERT_TRUE(ControlGroup::make({.name = "/shop"}, tree("0::/other\n")));
  EXPECT_EQ(content("/shop/memory.max"), "max");
  EXPECT_EQ(content("/shop/cpu.max"), "max 100000");
}

TEST_F(Groups, NeedTheirControllers) {
  directory_.write("cgroup.controllers", "cpu pids");
  directory_.write("cgroup.subtree_control", "cpu pids");
  const auto group = ControlGroup::make({.name = "shop", .memory_bytes = 1}, tree("0::/\n"));
  ASSERT_FALSE(group);
  EXPECT_THAT(group.error().message, HasSubstr("has no controller 'memory'"));
  EXPECT_THAT(group.error().message, HasSubstr("Delegate=yes"));
}

TEST_F(Groups, OfVersion1AreOneForEachController) {
  for (const char* const controller : {"memory", "pids"}) {
    const std::string path = std::string(controller) + "/tusk";
    directory_.write(std::string(controller) + "/cgroup.procs", "");
    directory_.write(path + "/cgroup.procs", "");
    directory_.write(path + "/shop/cgroup.procs", "");
  }
  directory_.write("memory/tusk/shop/memory.limit_in_bytes", "");
  directory_.write("pids/tusk/shop/pids.max", "");
  const std::string own = "4:memory:/tusk\n3:pids:/tusk\n0::/\n";
  const auto group =
      ControlGroup::make({.name = "shop", .memory_bytes = 4096, .processes = 7}, tree(own));
  ASSERT_TRUE(group) << group.error().message;
  EXPECT_EQ(content("/memory/tusk/shop/memory.limit_in_bytes"), "4096");
  EXPECT_EQ(content("/pids/tusk/shop/pids.max"), "7");
  ASSERT_TRUE(group->add(4711));
  EXPECT_EQ(content("/memory/tusk/shop/cgroup.procs"), "4711");
  EXPECT_EQ(content("/pids/tusk/shop/cgroup.procs"), "4711");
  const auto without = ControlGroup::make({.name = "shop", .cpu_percent = 50}, tree(own));
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().message, "the kernel has no cgroup controller 'cpu'");
}

TEST(ControlGroup, KnowsItsOwn) {
  const std::string text = "9:name=systemd:/x\n4:memory:/a/b\n2:cpu,cpuacct:/c\n0::/unified\n";
  EXPECT_EQ(own_control_group(text, {}), "/unified");
  EXPECT_EQ(own_control_group(text, "memory"), "/a/b");
  EXPECT_EQ(own_control_group(text, "cpu"), "/c");
  EXPECT_EQ(own_control_group(text, "pids"), "/");
}

TEST(OomKills, AreReadFromBothKindsOfCgroup) {
  EXPECT_EQ(parse_oom_kills("low 0\nhigh 0\nmax 3\noom 1\noom_kill 2\noom_group_kill 0\n"), 2U);
  EXPECT_EQ(parse_oom_kills("oom_kill_disable 0\nunder_oom 0\noom_kill 7\n"), 7U);
  EXPECT_EQ(parse_oom_kills("oom_kill_disable 0\n"), std::nullopt);
  EXPECT_EQ(parse_oom_kills("oom_kill many\n"), std::nullopt);
  EXPECT_EQ(parse_oom_kills(""), std::nullopt);
}

}  // namespace
}  // namespace tusk::base::process
