// strtok() is replaced in this program (string_tokens.cc): each thread has a position of its own.

#include <cstring>
#include <thread>

#include <gtest/gtest.h>

namespace {

TEST(StringTokens, SplitsAsStrtokDoes) {
  char text[] = ",,en,,de;fr";
  EXPECT_STREQ(std::strtok(text, ",;"), "en");
  EXPECT_STREQ(std::strtok(nullptr, ",;"), "de");
  EXPECT_STREQ(std::strtok(nullptr, ",;"), "fr");
  EXPECT_EQ(std::strtok(nullptr, ",;"), nullptr);
}

TEST(StringTokens, AnotherThreadsTextIsNotContinued) {
  char mine[] = "a b c";
  char other[] = "x y";
  EXPECT_STREQ(std::strtok(mine, " "), "a");
  std::thread([&] { EXPECT_STREQ(std::strtok(other, " "), "x"); }).join();
  EXPECT_STREQ(std::strtok(nullptr, " "), "b");
}

}  // namespace
