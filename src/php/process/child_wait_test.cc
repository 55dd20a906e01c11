#include "php/process/child_wait.h"

#include <cerrno>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process/ended_children.h"
#include "php/test_script_thread.h"

namespace tusk::php::process {
namespace {

using base::process::reap_children;

// Starts a process, which is a child of the calling thread, and ends at once with this status; or
// runs until it is killed.
constexpr int kRunsOn = -1;
pid_t start_child(int status) {
  const auto child = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
  if (child != 0) return child;
  while (status == kRunsOn) ::syscall(SYS_ppoll, nullptr, 0, nullptr, nullptr, 0);
  ::syscall(SYS_exit_group, status);
  __builtin_unreachable();
}

// Waits until the process has ended, and leaves its exit status to others.
void await_end(pid_t child) {
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
}

TEST(ChildWait, AScriptMeetsOnlyItsOwnChildren) {
  const pid_t of_server = start_child(3);
  await_end(of_server);
  on_script_thread([of_server] {
    int status = 0;
    errno = 0;
    EXPECT_EQ(::waitpid(-1, &status, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
    EXPECT_EQ(::wait3(&status, WNOHANG, nullptr), -1);
    siginfo_t info{};
    EXPECT_EQ(::waitid(P_ALL, 0, &info, WEXITED | WNOHANG), -1);
    const pid_t own = start_child(4);
    EXPECT_EQ(::wait(&status), own);
    EXPECT_EQ(WEXITSTATUS(status), 4);
    EXPECT_NE(own, of_server);
  });
  int status = 0;
  EXPECT_EQ(::waitpid(-1, &status, 0), of_server) << "the server's child is still there";
  EXPECT_EQ(WEXITSTATUS(status), 3);
}

TEST(ChildWait, AChildCanBeNamed) {
  on_script_thread([] {
    const pid_t first = start_child(1);
    const pid_t second = start_child(2);
    int status = 0;
    EXPECT_EQ(::waitpid(second, &status, 0), second);
    EXPECT_EQ(WEXITSTATUS(status), 2);
    EXPECT_EQ(::wait4(first, &status, 0, nullptr), first);
    EXPECT_EQ(WEXITSTATUS(status), 1);
  });
}

TEST(ChildWait, ReapsWhatTheThreadLeftBehind) {
  const pid_t of_server = start_child(0);
  await_end(of_server);
  on_script_thread([] {
    EXPECT_FALSE(reap_children()) << "this thread has none";
    const pid_t ended = start_child(0);
    const pid_t running = start_child(kRunsOn);
    await_end(ended);
    EXPECT_TRUE(reap_children()) << "one still runs";
    EXPECT_EQ(::waitpid(ended, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
    ::kill(running, SIGKILL);
    await_end(running);
    EXPECT_FALSE(reap_children());
  });
  EXPECT_EQ(::waitpid(of_server, nullptr, 0), of_server) << "another thread's was not taken";
}

}  // namespace
}  // namespace tusk::php::process
