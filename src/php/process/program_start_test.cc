#include "php/process/program_start.h"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tusk::php::process {
namespace {

// The output of the shell command, and its wait status.
struct ShellRun {
  int error = 0;
  int status = -1;
  std::string output;
};

ShellRun run_shell(std::string command, std::vector<StartStep> steps = {}, int output_as = 1) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  steps.push_back({StartStep::Kind::kDuplicate, ends[1], output_as, {}});
  char shell[] = "sh";
  char option[] = "-c";
  char* const arguments[] = {shell, option, command.data(), nullptr};
  char variable[] = "NAME=value";
  char* const environment[] = {variable, nullptr};
  ShellRun run;
  pid_t process = -1;
  run.error = start_program({{"/bin/sh"}, arguments, environment, steps}, process);
  ::close(ends[1]);
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    run.output.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  EXPECT_TRUE(run.error != 0 || ::waitpid(process, &run.status, 0) == process);
  return run;
}

TEST(ProgramStart, RunsWithArgumentsEnvironmentAndDirectory) {
  const ShellRun run =
      run_shell("echo $NAME; pwd; exit 3", {{StartStep::Kind::kEnterDirectory, -1, -1, "/usr"}});
  EXPECT_EQ(run.error, 0);
  EXPECT_EQ(run.output, "value\n/usr\n");
  EXPECT_TRUE(WIFEXITED(run.status) && WEXITSTATUS(run.status) == 3);
}

TEST(ProgramStart, ClosesWhatNoStepDuplicates) {
  const int inherited = ::open("/dev/null", O_RDONLY);  // not close-on-exec
  const ShellRun run = run_shell("ls /proc/self/fd | tr '\\n' ' ' >&9", {}, 9);
  // ls has the directory open; the shell has moved no descriptor.
  EXPECT_EQ(run.output, "0 1 2 3 9 ");
  ::close(inherited);
}

TEST(ProgramStart, ADescriptorDuplicatedOntoItselfStaysOpen) {
  const int fd = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 20);
  const ShellRun run = run_shell("test -e /proc/self/fd/" + std::to_string(fd) + " && echo open",
                                 {{StartStep::Kind::kDuplicate, fd, fd, {}}});
  EXPECT_EQ(run.output, "open\n");
  ::close(fd);
}

TEST(ProgramStart, SignalsAreAsFromAShell) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto handler = ::signal(SIGPIPE, SIG_IGN);
  const ShellRun run = run_shell("grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\t\\n'");
  EXPECT_EQ(run.output, "SigBlk:0000000000000000SigIgn:0000000000000000");
  ::signal(SIGPIPE, handler);
  sigset_t after;
  ::pthread_sigmask(SIG_SETMASK, &before, &after);
  EXPECT_TRUE(sigismember(&after, SIGTERM)) << "the parent's mask is as it was";
}

TEST(ProgramStart, SaysWhyItCannot) {
  char name[] = "x";
  char* const arguments[] = {name, nullptr};
  char* const environment[] = {nullptr};
  pid_t process = -1;
  EXPECT_EQ(start_program({{"/no/x"}, arguments, environment, {}}, process), ENOENT);
  EXPECT_EQ(start_program({{"/no/x", "/dev/null", "/no/y"}, arguments, environment, {}}, process),
            EACCES);
  const std::vector<StartStep> steps = {{StartStep::Kind::kDuplicate, 1 << 20, 1, {}}};
  EXPECT_EQ(start_program({{"/bin/true"}, arguments, environment, steps}, process), EBADF);
  EXPECT_EQ(process, -1);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "nothing is left to be waited for";
}

}  // namespace
}  // namespace tusk::php::process
