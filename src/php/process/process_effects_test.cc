// Functions of libc that change the whole process (process_effects.cc).

#include <cerrno>

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "php/test_script_thread.h"

namespace tusk::php::process {
namespace {

constexpr id_t kOther = 54321;
constexpr auto kKeep = static_cast<id_t>(-1);

// Whether a call was refused as the kernel refuses it to a process without privileges.
bool refused(int result) { return result == -1 && errno == EPERM; }

TEST(ProcessEffects, AScriptCannotChangeTheUserOrTheRoot) {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  on_script_thread([&] {
    EXPECT_TRUE(refused(::setuid(kOther)));
    EXPECT_TRUE(refused(::setgid(kOther)));
    EXPECT_TRUE(refused(::seteuid(kOther)));
    EXPECT_TRUE(refused(::setegid(kOther)));
    EXPECT_TRUE(refused(::setreuid(kKeep, kOther)));
    EXPECT_TRUE(refused(::setregid(kOther, kKeep)));
    EXPECT_TRUE(refused(::setresuid(kKeep, kKeep, kOther)));
    EXPECT_TRUE(refused(::setresgid(kKeep, kKeep, kOther)));
    EXPECT_TRUE(refused(::initgroups("root", group)));
    EXPECT_TRUE(refused(::setgroups(1, &group)));
    EXPECT_TRUE(refused(::chroot("/")));
  });
  EXPECT_EQ(::geteuid(), user);
  EXPECT_EQ(::getegid(), group);
}

TEST(ProcessEffects, ACallThatChangesNothingSucceeds) {
  on_script_thread([] {
    EXPECT_EQ(::seteuid(::geteuid()), 0);
    EXPECT_EQ(::setegid(::getegid()), 0);
    EXPECT_EQ(::setreuid(kKeep, ::geteuid()), 0);
    EXPECT_EQ(::setregid(::getgid(), kKeep), 0);
    EXPECT_EQ(::setresuid(::getuid(), kKeep, kKeep), 0);
    EXPECT_EQ(::setresgid(kKeep, ::getegid(), kKeep), 0);
    EXPECT_EQ(::setpgid(0, ::getpgrp()), 0);
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_CORE, &limit), 0);
    EXPECT_EQ(::setrlimit(RLIMIT_CORE, &limit), 0);
  });
}

TEST(ProcessEffects, AScriptCannotChangeSessionLimitsOrTimers) {
  const pid_t session = ::getsid(0);
  on_script_thread([] {
    EXPECT_TRUE(refused(::setsid()));
    EXPECT_TRUE(refused(::setpgid(0, static_cast<pid_t>(kOther))));
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    const rlimit before = limit;
    limit.rlim_cur -= 1;
    EXPECT_TRUE(refused(::setrlimit(RLIMIT_NOFILE, &limit)));
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    EXPECT_EQ(limit.rlim_cur, before.rlim_cur);
    const itimerval timer{.it_interval = {}, .it_value = {.tv_sec = 1000, .tv_usec = 0}};
    EXPECT_TRUE(refused(::setitimer(ITIMER_REAL, &timer, nullptr)));
    itimerval now{};
    ASSERT_EQ(::getitimer(ITIMER_REAL, &now), 0);
    EXPECT_EQ(now.it_value.tv_sec, 0);
  });
  EXPECT_EQ(::getsid(0), session);
}

TEST(ProcessEffects, TheServersOwnThreadsMay) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit limit = before;
  limit.rlim_cur -= 1;
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  rlimit now{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &now), 0);
  EXPECT_EQ(now.rlim_cur, before.rlim_cur - 1);
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace tusk::php::process
