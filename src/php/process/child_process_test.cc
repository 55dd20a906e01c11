// The programs that scripts start (child_process.cc). The pipes and directories of popen() and
// proc_open() need a thread of PHP: tests/integration/ has them.

#include <cerrno>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test_directory.h"
#include "php/test_script_thread.h"

namespace tusk::php::process {
namespace {

// The exit status of a shell that runs `command`.
int status_of(const char* command) {
  char shell[] = "sh";
  char option[] = "-c";
  char* const arguments[] = {shell, option, const_cast<char*>(command), nullptr};
  pid_t child = -1;
  EXPECT_EQ(::posix_spawnp(&child, shell, nullptr, nullptr, arguments, environ), 0);
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WEXITSTATUS(status);
}

TEST(ChildProcess, HasTheScriptsEnvironment) {
  constexpr const char* kHasIt = "test \"$TUSK_TEST_CHILD\" = 'of the script'";
  on_script_thread([](ScriptThread& thread) {
    EXPECT_FALSE(thread.has_children);
    ASSERT_EQ(::setenv("TUSK_TEST_CHILD", "of the script", 1), 0);
    EXPECT_EQ(status_of(kHasIt), 0);
    EXPECT_TRUE(thread.has_children) << "the end of the request looks for those that still run";
  });
  EXPECT_EQ(status_of(kHasIt), 1) << "a program that the server starts";
}

TEST(ChildProcess, HasNoBlockedSignals) {
  constexpr const char* kBlocksNone = "exec grep -q SigBlk:.0000000000000000 /proc/self/status";
  on_script_thread([] {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    ASSERT_EQ(::pthread_sigmask(SIG_BLOCK, &set, nullptr), 0);
    EXPECT_EQ(status_of(kBlocksNone), 0);
    ScriptThread::detach();
    EXPECT_EQ(status_of(kBlocksNone), 1) << "libc's own leaves them blocked";
  });
}

TEST(ChildProcess, IsFoundByTheScriptsPath) {
  const base::TestDirectory directory;
  const std::string program = directory.write("tusk-test-program", "#!/bin/sh\nexit 5\n");
  ASSERT_EQ(::chmod(program.c_str(), 0700), 0);
  on_script_thread([&] {
    char name[] = "tusk-test-program";
    char* const arguments[] = {name, nullptr};
    pid_t child = -1;
    EXPECT_EQ(::posix_spawnp(&child, name, nullptr, nullptr, arguments, environ), ENOENT);
    ASSERT_EQ(::setenv("PATH", ("/nowhere:" + directory.path()).c_str(), 1), 0);
    ASSERT_EQ(::posix_spawnp(&child, name, nullptr, nullptr, arguments, environ), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 5);
  });
}

}  // namespace
}  // namespace tusk::php::process
