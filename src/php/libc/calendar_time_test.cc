// localtime(), mktime() and the like of php/libc/calendar_time.cc, which replace libc's.

#include <array>
#include <cstdlib>
#include <ctime>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "php/test_script_thread.h"

namespace tusk::php::libc {
namespace {

class CalendarTime : public testing::Test {
 protected:
  CalendarTime() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
  ~CalendarTime() override {
    ::unsetenv("TZ");
    ::tzset();
  }

  static int hour_of(std::time_t time) {
    std::tm parts{};
    return ::localtime_r(&time, &parts) == nullptr ? -1 : parts.tm_hour;
  }
};

TEST_F(CalendarTime, AScriptsZoneIsItsThreads) {
  on_script_thread([](ScriptThread& thread) {
    EXPECT_EQ(hour_of(0), 0);
    ::setenv("TZ", "JST-9", 1);
    EXPECT_EQ(hour_of(0), 9);
    std::tm parts{};
    parts.tm_year = 70;
    parts.tm_mday = 1;
    parts.tm_hour = 9;
    EXPECT_EQ(::mktime(&parts), 0);
    std::thread([] { EXPECT_EQ(hour_of(0), 0) << "another thread keeps the process's"; }).join();
    ::setenv("TZ", "EST5", 1);
    EXPECT_EQ(hour_of(5 * 3600), 0) << "the zone follows the variable";
    thread.end_request();
    EXPECT_EQ(hour_of(0), 0);
  });
}

TEST_F(CalendarTime, AScriptDoesNotChangeTheProcesssZone) {
  on_script_thread([](ScriptThread&) {
    ::setenv("TZ", "JST-9", 1);
    ::tzset();
  });
  EXPECT_STREQ(::tzname[0], "UTC");
  EXPECT_EQ(hour_of(0), 0);
}

TEST_F(CalendarTime, TextsUseTheScriptsZone) {
  on_script_thread([](ScriptThread&) {
    ::setenv("TZ", "JST-9", 1);
    const std::time_t time = 0;
    // NOLINTBEGIN(bugprone-unsafe-functions): these are tested
    EXPECT_STREQ(::ctime(&time), "Thu Jan  1 09:00:00 1970\n");
    std::array<char, 64> text{};
    EXPECT_STREQ(::ctime_r(&time, text.data()), "Thu Jan  1 09:00:00 1970\n");
    EXPECT_STREQ(::asctime(::gmtime(&time)), "Thu Jan  1 00:00:00 1970\n");
    // NOLINTEND(bugprone-unsafe-functions)
  });
}

// libc has one buffer for the process.
TEST_F(CalendarTime, AnotherThreadDoesNotOverwriteResults) {
  const std::time_t first = 0;
  const std::time_t second = 1'000'000'000;
  const std::tm* const parts = ::gmtime(&first);
  const char* const text = ::ctime(&first);  // NOLINT(bugprone-unsafe-functions): it is tested
  std::thread([&] {
    EXPECT_EQ(::gmtime(&second)->tm_year, 101);
    EXPECT_EQ(::localtime(&second)->tm_year, 101);
    EXPECT_NE(std::string(::ctime(&second)), "");  // NOLINT(bugprone-unsafe-functions)
  }).join();
  EXPECT_EQ(parts->tm_year, 70);
  EXPECT_STREQ(text, "Thu Jan  1 00:00:00 1970\n");
}

}  // namespace
}  // namespace tusk::php::libc
