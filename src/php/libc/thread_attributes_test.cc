#include "php/libc/thread_attributes.h"

#include <cerrno>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "php/test_script_thread.h"

namespace tusk::php::libc {
namespace {

// The kernel's value for a thread or process; the system call returns 20 minus the niceness.
int kernel_niceness(pid_t of) {
  return 20 - static_cast<int>(::syscall(SYS_getpriority, PRIO_PROCESS, of));
}

TEST(ThreadAttributes, NicenessIsRememberedAndNotSet) {
  on_script_thread([](ScriptThread& thread) {
    const int before = kernel_niceness(0);
    EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), before);
    EXPECT_EQ(::nice(2), before + 2);
    EXPECT_EQ(::getpriority(PRIO_PROCESS, static_cast<id_t>(::getpid())), before + 2);
    EXPECT_EQ(::setpriority(PRIO_PROCESS, 0, before + 3), 0);
    EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), before + 3);
    EXPECT_EQ(::nice(1000), 19) << "the lowest priority";
    EXPECT_EQ(kernel_niceness(0), before);
    EXPECT_TRUE(thread.attributes.changed());
    thread.end_request();
    EXPECT_FALSE(thread.attributes.changed());
    EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), before);
  });
}

TEST(ThreadAttributes, OnlyPrivilegedProcessesMayRaiseThePriority) {
  ThreadAttributes attributes;
  ASSERT_EQ(attributes.set_niceness(10), 0);
  errno = 0;
  const int result = attributes.set_niceness(5);
  if (::geteuid() == 0) {
    EXPECT_EQ(result, 0);
    EXPECT_EQ(attributes.niceness(), 5);
  } else {
    EXPECT_EQ(result, -1);
    EXPECT_EQ(errno, EACCES);
    EXPECT_EQ(attributes.niceness(), 10);
  }
}

TEST(ThreadAttributes, ApplyToAProcessThatTheScriptStarts) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    ::close(ends[1]);
    (void)!::read(ends[0], &byte, 1);  // until the test ends
    ::_exit(0);
  }
  ThreadAttributes attributes;
  const int before = kernel_niceness(child);
  attributes.apply_to(child);
  EXPECT_EQ(kernel_niceness(child), before) << "nothing was changed";
  ASSERT_EQ(attributes.set_niceness(18), 0);
  attributes.apply_to(child);
  EXPECT_EQ(kernel_niceness(child), 18);
  ::close(ends[0]);
  ::close(ends[1]);
  ::waitpid(child, nullptr, 0);
}

TEST(ThreadAttributes, TheServersGroupAndUserKeepTheirPriority) {
  on_script_thread([](ScriptThread&) {
    for (const auto which : {PRIO_PGRP, PRIO_USER}) {
      errno = 0;
      EXPECT_EQ(::setpriority(which, 0, 19), -1);
      EXPECT_EQ(errno, EPERM);
    }
  });
}

TEST(ThreadAttributes, ProcessorsAreTheThreadsUntilTheRequestEnds) {
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  if (CPU_COUNT(&before) < 2) GTEST_SKIP() << "there is only one processor";
  int first = 0;
  while (CPU_ISSET(first, &before) == 0) ++first;
  on_script_thread([&](ScriptThread& thread) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(::sched_setaffinity(::getpid(), sizeof one, &one), 0);
    cpu_set_t now;
    ASSERT_EQ(::sched_getaffinity(::getpid(), sizeof now, &now), 0);
    EXPECT_EQ(CPU_COUNT(&now), 1);
    cpu_set_t of_process;
    ASSERT_GT(::syscall(SYS_sched_getaffinity, ::getpid(), sizeof of_process, &of_process), 0);
    EXPECT_NE(CPU_COUNT(&of_process), 1) << "the process's first thread is the server's";
    thread.end_request();
    ASSERT_EQ(::sched_getaffinity(0, sizeof now, &now), 0);
    EXPECT_TRUE(CPU_EQUAL(&now, &before));
  });
}

TEST(ThreadAttributes, NamespacesAreRefused) {
  on_script_thread([](ScriptThread&) {
    errno = 0;
    EXPECT_EQ(::unshare(CLONE_FS), -1);
    EXPECT_EQ(errno, EPERM);
    errno = 0;
    EXPECT_EQ(::setns(-1, 0), -1);
    EXPECT_EQ(errno, EPERM);
  });
  errno = 0;
  EXPECT_EQ(::setns(-1, 0), -1);
  EXPECT_EQ(errno, EBADF) << "libc's, on other threads";
}

TEST(ThreadAttributes, GoBackToWhatTheBootHasSet) {
  on_script_thread([](ScriptThread& thread) {
    const int before = kernel_niceness(0);
    cpu_set_t processors;
    ASSERT_EQ(::sched_getaffinity(0, sizeof processors, &processors), 0);
    ::nice(2);
    thread.keep_boot();
    ::nice(3);
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    ASSERT_EQ(::sched_setaffinity(0, sizeof first, &first), 0);
    thread.put_back_boot();
    EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), before + 2);
    cpu_set_t now;
    ASSERT_EQ(::sched_getaffinity(0, sizeof now, &now), 0);
    EXPECT_TRUE(CPU_EQUAL(&now, &processors));
    thread.end_request();
    EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), before);
  });
}

}  // namespace
}  // namespace tusk::php::libc
