#include "php/libc/process_environment.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <gtest/gtest.h>

namespace tusk::php::libc {
namespace {

bool captured(std::string_view name) {
  return std::ranges::any_of(process_environment(),
                             [&](const EnvironmentVariable& one) { return one.name == name; });
}

TEST(ProcessEnvironment, LeavesOutWhatARequestCouldHaveSaid) {
  for (const char* const name :
       {"HTTP_HOST", "HTTPS", "PHP_AUTH_USER", "REDIRECT_URL", "APP_ENV"}) {
    ::setenv(name, "1", 1);
  }
  capture_process_environment();
  EXPECT_TRUE(captured("APP_ENV"));
  EXPECT_TRUE(captured("PATH"));
  EXPECT_FALSE(captured("HTTP_HOST"));
  EXPECT_FALSE(captured("HTTPS"));
  EXPECT_FALSE(captured("PHP_AUTH_USER"));
  EXPECT_FALSE(captured("REDIRECT_URL"));
}

TEST(ProcessEnvironment, IsACopy) {
  ::setenv("APP_ENV", "before", 1);
  capture_process_environment();
  ::setenv("APP_ENV", "after", 1);
  for (const EnvironmentVariable& one : process_environment()) {
    if (one.name == "APP_ENV") {
      EXPECT_EQ(one.value, "before");
    }
  }
  EXPECT_TRUE(captured("APP_ENV"));
}

}  // namespace
}  // namespace tusk::php::libc
