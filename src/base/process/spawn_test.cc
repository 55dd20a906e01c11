#include "base/process/spawn.h"

#include <algorithm>
#include <csignal>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tusk::base::process {
namespace {

int status_of(pid_t pid) {
  int status = -1;
  ::waitpid(pid, &status, 0);
  return status;
}

TEST(Spawn, GivesArgumentsDescriptorsAndDefaultSignals) {
  int pipe[2] = {};
  ASSERT_EQ(::pipe(pipe), 0);
  std::signal(SIGUSR1, SIG_IGN);
  const Result<pid_t> pid = spawn(
      {.program = "/bin/sh",
       .arguments = {"-c", "echo \"$0 $1\" >&7; echo unseen >&2; kill -USR1 $$", "one", "two"},
       .descriptors = {{.from = pipe[1], .to = 7}},
       .is_silent = true});
  std::signal(SIGUSR1, SIG_DFL);
  ASSERT_TRUE(pid) << pid.error().message;
  ::close(pipe[1]);
  std::string text(16, '\0');
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(pipe[0], text.data(), 16))));
  ::close(pipe[0]);
  EXPECT_EQ(text, "one two\n");
  const int status = status_of(*pid);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1) << status;
}

TEST(Spawn, SaysWhyAProgramCannotBeExecuted) {
  const Result<pid_t> pid = spawn({.program = "/no/such/program"});
  ASSERT_FALSE(pid);
  EXPECT_EQ(pid.error().message, "cannot execute /no/such/program: No such file or directory");
}

}  // namespace
}  // namespace tusk::base::process
