#include "php/process/signals.h"

#include <cerrno>
#include <thread>

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "php/test_script_thread.h"

namespace tusk::php::process {
namespace {

thread_local int handled = 0;
thread_local pid_t sender = 0;

void handle(int number) { handled = number; }
void handle_with_info(int number, siginfo_t* info, void*) {
  handled = number;
  sender = info->si_pid;
}

struct sigaction action_of(__sighandler_t handler) {
  struct sigaction action{};
  action.sa_handler = handler;
  return action;
}

sigset_t only(int number) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  return set;
}

TEST(Signals, AScriptsHandlersAreRecordedAndNotInstalled) {
  on_script_thread([](ScriptThread& thread) {
    const struct sigaction mine = action_of(handle);
    struct sigaction old{};
    ASSERT_EQ(::sigaction(SIGUSR1, &mine, nullptr), 0);
    ASSERT_EQ(::sigaction(SIGUSR1, nullptr, &old), 0);
    EXPECT_EQ(old.sa_handler, &handle);
    EXPECT_EQ(::signal(SIGUSR1, SIG_IGN), &handle);
    std::thread([] {
      struct sigaction now{};
      ASSERT_EQ(::sigaction(SIGUSR1, nullptr, &now), 0);
      EXPECT_EQ(now.sa_handler, SIG_DFL) << "the process's disposition";
    }).join();
    thread.end_request();
    ASSERT_EQ(::sigaction(SIGUSR1, nullptr, &old), 0);
    EXPECT_EQ(old.sa_handler, SIG_DFL) << "the next request's script";
    EXPECT_EQ(::sigaction(SIGKILL, &mine, nullptr), -1);
  });
}

TEST(Signals, AScriptHandlesASignalToItsOwnProcessAtOnce) {
  on_script_thread([](ScriptThread&) {
    struct sigaction mine = action_of(handle);
    ::sigaction(SIGUSR1, &mine, nullptr);
    EXPECT_EQ(::kill(::getpid(), SIGUSR1), 0);
    EXPECT_EQ(handled, SIGUSR1);
    mine.sa_sigaction = handle_with_info;
    mine.sa_flags = SA_SIGINFO;
    ::sigaction(SIGUSR2, &mine, nullptr);
    EXPECT_EQ(::kill(::getpid(), SIGUSR2), 0);
    EXPECT_EQ(handled, SIGUSR2);
    EXPECT_EQ(sender, ::getpid());
    handled = 0;
    mine = action_of(SIG_IGN);
    ::sigaction(SIGUSR1, &mine, nullptr);
    EXPECT_EQ(::kill(::getpid(), SIGUSR1), 0);
    EXPECT_EQ(handled, 0);
  });
}

TEST(Signals, AScriptCannotSignalTheServer) {
  on_script_thread([](ScriptThread&) {
    for (const pid_t process : {::getpid(), pid_t{0}, pid_t{-1}, -::getpgrp(), ::getppid()}) {
      errno = 0;
      EXPECT_EQ(::kill(process, SIGTERM), -1) << process;
      EXPECT_EQ(errno, EPERM) << process;
    }
    EXPECT_EQ(::kill(::getpid(), 0), 0) << "0 only asks";
  });
}

TEST(Signals, ABlockedSignalIsNotHandled) {
  on_script_thread([](ScriptThread&) {
    const struct sigaction mine = action_of(handle);
    ::sigaction(SIGUSR1, &mine, nullptr);
    const sigset_t blocked = only(SIGUSR1);
    sigset_t old;
    ASSERT_EQ(::sigprocmask(SIG_BLOCK, &blocked, &old), 0);
    EXPECT_EQ(sigismember(&old, SIGUSR1), 0);
    handled = 0;
    EXPECT_EQ(::kill(::getpid(), SIGUSR1), -1);
    EXPECT_EQ(handled, 0);
    sigset_t of_thread;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &of_thread);
    EXPECT_EQ(sigismember(&of_thread, SIGUSR1), 0) << "the thread's own mask stays";
    ASSERT_EQ(::sigprocmask(SIG_UNBLOCK, &blocked, &old), 0);
    EXPECT_EQ(sigismember(&old, SIGUSR1), 1);
    EXPECT_EQ(::kill(::getpid(), SIGUSR1), 0);
    errno = 0;
    EXPECT_EQ(::sigprocmask(12345, &blocked, nullptr), -1);
    EXPECT_EQ(errno, EINVAL);
  });
}

TEST(Signals, AScriptSetsNoAlarm) {
  on_script_thread([](ScriptThread&) { EXPECT_EQ(::alarm(1000), 0U); });
  EXPECT_EQ(::alarm(0), 0U) << "the time that an alarm would have left";
}

TEST(Signals, AScriptTakesNoSignalOfTheServers) {
  const sigset_t set = only(SIGUSR2);
  ASSERT_EQ(::pthread_sigmask(SIG_BLOCK, &set, nullptr), 0);  // threads inherit it
  ASSERT_EQ(::kill(::getpid(), SIGUSR2), 0);
  constexpr timespec kNoWait{};
  on_script_thread([&](ScriptThread&) {
    EXPECT_EQ(::sigtimedwait(&set, nullptr, &kNoWait), -1);
    EXPECT_EQ(errno, EAGAIN);
  });
  EXPECT_EQ(::sigtimedwait(&set, nullptr, &kNoWait), SIGUSR2) << "it still waits for the server";
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

// In the process that a script forks, what was recorded becomes real.
TEST(Signals, AForkedProcessAdoptsWhatItsScriptAskedFor) {
  struct sigaction of_server = action_of(handle);
  ASSERT_EQ(::sigaction(SIGHUP, &of_server, nullptr), 0);
  SignalRecord record;
  record.set(SIGUSR1, action_of(SIG_IGN));
  record.set_mask(only(SIGUSR2));
  const pid_t child = ::fork();
  if (child == 0) {
    adopt_signals(record);
    struct sigaction usr1{};
    struct sigaction hup{};
    sigset_t mask;
    ::sigaction(SIGUSR1, nullptr, &usr1);
    ::sigaction(SIGHUP, nullptr, &hup);
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    const bool good = usr1.sa_handler == SIG_IGN && hup.sa_handler == SIG_DFL &&
                      sigismember(&mask, SIGUSR2) == 1 && sigismember(&mask, SIGUSR1) == 0;
    ::_exit(good ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  of_server.sa_handler = SIG_DFL;
  ::sigaction(SIGHUP, &of_server, nullptr);
}

}  // namespace
}  // namespace tusk::php::process
