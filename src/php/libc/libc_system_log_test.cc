// syslog() and related functions on threads that run scripts (libc_system_log.cc).

#include <gtest/gtest.h>
#include <syslog.h>

#include "php/test_script_thread.h"

namespace tusk::php::libc {
namespace {

TEST(LibcSystemLog, EachScriptHasAMaskOfItsOwn) {
  const int of_process = ::setlogmask(0);
  on_script_thread([](ScriptThread& thread) {
    const int usual = ::setlogmask(LOG_MASK(LOG_ERR));
    EXPECT_EQ(usual, LOG_UPTO(LOG_DEBUG));
    EXPECT_EQ(::setlogmask(0), LOG_MASK(LOG_ERR));
    on_script_thread([usual] { EXPECT_EQ(::setlogmask(0), usual) << "another script's"; });
    thread.end_request();
    EXPECT_EQ(::setlogmask(0), usual) << "the next request's";
  });
  EXPECT_EQ(::setlogmask(0), of_process);
}

TEST(LibcSystemLog, OpeningTheLogIsTheThreadsAffair) {
  on_script_thread([](ScriptThread& thread) {
    EXPECT_FALSE(thread.system_log.changed());
    ::openlog("script", LOG_PID, LOG_LOCAL0);
    EXPECT_TRUE(thread.system_log.changed());
    ::closelog();
    thread.end_request();
    EXPECT_FALSE(thread.system_log.changed());
  });
}

}  // namespace
}  // namespace tusk::php::libc
