#include "php/rewind/settled_process.h"

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "php/rewind/range.h"
#include "php/rewind/test_worker.h"

namespace tusk::php::rewind {
namespace {

std::size_t stack_bytes() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (!line.ends_with("[stack]")) continue;
    const std::size_t dash = line.find('-');
    return std::stoull(line.substr(dash + 1), nullptr, 16) - std::stoull(line, nullptr, 16);
  }
  return 0;
}

// Runs in a child, because what it changes stays changed. The exit status is the line's number.
#define EXPECT_IN_CHILD(condition) \
  if (!(condition)) ::_exit(__LINE__ % 200 + 1)

class SettledProcessTest : public ::testing::Test {
 protected:
  void SetUp() override { TUSK_SKIP_UNDER_SANITIZER(); }
};

TEST_F(SettledProcessTest, HasNoHugePagesAndLivesInItsHeap) {
  EXPECT_EQ(in_child([] {
              EXPECT_IN_CHILD(settle_process({.heap_bytes = std::size_t{64} << 20}));
              EXPECT_IN_CHILD(::prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1);
              const char* const end = static_cast<char*>(::sbrk(0));
              auto* const large = static_cast<char*>(std::malloc(std::size_t{32} << 20));
              EXPECT_IN_CHILD(large != nullptr && large < end && ::sbrk(0) == end);
              std::free(large);
              EXPECT_IN_CHILD(::sbrk(0) == end);
              // What does not fit makes room for as much again.
              auto* const larger = static_cast<char*>(std::malloc(std::size_t{70} << 20));
              EXPECT_IN_CHILD(static_cast<char*>(::sbrk(0)) - larger > std::ptrdiff_t{130} << 20);
              ::_exit(0);
            }),
            0);
}

TEST_F(SettledProcessTest, HasAStackOfItsFinalSize) {
  EXPECT_EQ(in_child([] {
              const rlimit limit{std::size_t{4} << 20, RLIM_INFINITY};
              EXPECT_IN_CHILD(::setrlimit(RLIMIT_STACK, &limit) == 0);
              EXPECT_IN_CHILD(
                  settle_process({.heap_bytes = kPageBytes, .stack_bytes = std::size_t{2} << 20}));
              EXPECT_IN_CHILD(stack_bytes() >= std::size_t{2} << 20);
              // The limit is less.
              EXPECT_IN_CHILD(
                  settle_process({.heap_bytes = kPageBytes, .stack_bytes = std::size_t{64} << 20}));
              EXPECT_IN_CHILD(stack_bytes() >= std::size_t{3} << 20);
              ::_exit(0);
            }),
            0);
}

}  // namespace
}  // namespace tusk::php::rewind
