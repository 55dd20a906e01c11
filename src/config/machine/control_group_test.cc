#include "config/machine/control_group.h"

#include <gtest/gtest.h>

#include "base/test_directory.h"

namespace tusk::config::machine {
namespace {

TEST(ControlGroup, ReadsTheQuotaOfCores) {
  EXPECT_EQ(cores_of_cpu_max("max 100000"), 0U);
  EXPECT_EQ(cores_of_cpu_max("200000 100000"), 2U);
  EXPECT_EQ(cores_of_cpu_max("150000 100000"), 2U);
  EXPECT_EQ(cores_of_cpu_max("1000 100000"), 1U);
  EXPECT_EQ(cores_of_cpu_max("100000 0"), 0U);
  EXPECT_EQ(cores_of_cpu_max(""), 0U);
  EXPECT_EQ(cores_of_cpu_max("12"), 0U);
  EXPECT_EQ(cores_of_cpu_max("x y"), 0U);
}

TEST(ControlGroup, ReadsTheLimitOfMemory) {
  EXPECT_EQ(bytes_of_memory_max("536870912"), 536'870'912U);
  EXPECT_EQ(bytes_of_memory_max("max"), 0U);
  EXPECT_EQ(bytes_of_memory_max(""), 0U);
}

TEST(ControlGroup, TheTightestLimitOfAllGroupsCounts) {
  const base::TestDirectory tree;
  tree.write("system.slice/tusk.service/cpu.max", "400000 100000\n");
  tree.write("system.slice/tusk.service/memory.max", "max\n");
  tree.write("system.slice/cpu.max", "200000 100000\n");
  tree.write("system.slice/memory.max", "1073741824\n");
  tree.write("system.slice/memory.high", "805306368\n");
  const GroupLimits limits = group_limits(tree.path(), "/system.slice/tusk.service");
  EXPECT_EQ(limits.cores, 2U);
  EXPECT_EQ(limits.memory_bytes, 805'306'368U);
  const GroupLimits above = group_limits(tree.path(), "/");
  EXPECT_EQ(above.cores, 0U);
  EXPECT_EQ(above.memory_bytes, 0U);
}

TEST(ControlGroup, AContainersLimitIsAtItsRoot) {
  const base::TestDirectory tree;
  tree.write("cpu.max", "100000 100000\n");
  tree.write("memory.max", "268435456\n");
  EXPECT_EQ(group_limits(tree.path(), "/").cores, 1U);
  EXPECT_EQ(group_limits(tree.path(), "/gone").memory_bytes, 268'435'456U);
}

TEST(ControlGroup, ThisProcessIsInTheOneOfVersion2) {
  EXPECT_EQ(group_directory("3:cpu:/a\n0::/system.slice/tusk.service\n"),
            "/system.slice/tusk.service");
  EXPECT_EQ(group_directory("0::/\n"), "/");
  EXPECT_EQ(group_directory("3:cpu:/a\n"), "/");
  EXPECT_EQ(group_directory(""), "/");
}

}  // namespace
}  // namespace tusk::config::machine
