#include "exec/process/group/strays.h"

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process/parent_process.h"
#include "base/process/spawn.h"
#include "base/test_directory.h"
#include "exec/process/group/test_family.h"

namespace tusk::exec::process {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

Strays find(const std::vector<pid_t>& members, pid_t leader = 0) {
  return find_strays(members, leader, base::MonotonicTime::max());
}

std::vector<pid_t> with(std::vector<pid_t> processes, pid_t other) {
  processes.push_back(other);
  return processes;
}

TEST(Strays, AreThoseWhoseAncestorOutsideIsNoServer) {
  const Family family(2);
  const Strays strays = find(family.children());
  EXPECT_THAT(strays.processes, UnorderedElementsAreArray(family.children()));
  EXPECT_FALSE(strays.has_others);
  EXPECT_TRUE(strays.is_complete);
}

// Hosts and workers descend from a server process in the same way.
TEST(Strays, DoNotDescendFromThisProcess) {
  const Family family(2);
  const Strays strays = find(with(family.children(), family.parent()));
  EXPECT_THAT(strays.processes, IsEmpty());
  EXPECT_TRUE(strays.has_others);
}

// A group that an operator has named may be the one that the server is in.
TEST(Strays, AreNeitherThisProcessNorItsSupervisor) {
  EXPECT_THAT(find({::getpid()}).processes, IsEmpty());
  const Family family(1);
  EXPECT_THAT(find(family.children(), family.children()[0]).processes, IsEmpty());
  EXPECT_THAT(find(family.children(), family.parent()).processes, IsEmpty());
}

TEST(Strays, DoNotDescendFromAnotherServer) {
  const base::TestDirectory directory;
  const std::string server = directory.path("tusk-server");
  std::filesystem::copy_file("/bin/sh", server);
  const auto pid =
      base::process::spawn({.program = server, .arguments = {"-c", "/bin/sleep 1000; exit"}});
  ASSERT_TRUE(pid) << pid.error().message;
  std::vector<pid_t> members;
  while (members.empty()) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const pid_t process = std::atoi(entry.path().filename().c_str());
      if (process > 0 && base::process::parent_of(process) == *pid) members.push_back(process);
    }
  }
  const Strays strays = find(members);
  ::kill(*pid, SIGKILL);
  ::kill(members[0], SIGKILL);
  ::waitpid(*pid, nullptr, 0);
  EXPECT_THAT(strays.processes, IsEmpty());
  EXPECT_TRUE(strays.has_others);
}

TEST(Strays, HaveNotEnded) {
  pid_t ended = ::fork();
  if (ended == 0) ::_exit(0);
  ASSERT_EQ(::waitpid(ended, nullptr, 0), ended);
  const Strays strays = find({ended});
  EXPECT_THAT(strays.processes, IsEmpty());
  EXPECT_FALSE(strays.has_others);
}

TEST(Strays, AreLookedForInTime) {
  const Family family(3);
  const Strays strays = find_strays(family.children(), 0, base::now());
  EXPECT_THAT(strays.processes, ElementsAre(family.children()[0])) << "one at least";
  EXPECT_FALSE(strays.is_complete);
}

}  // namespace
}  // namespace tusk::exec::process
