#include "base/high_descriptor.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace tusk::base {
namespace {

UniqueFd numbered(int number) { return UniqueFd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, number)); }

class HighDescriptor : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    if (before_.rlim_max < 2048) GTEST_SKIP() << "needs 2,048 descriptors";
    allow(2048);
  }
  void TearDown() override { ::setrlimit(RLIMIT_NOFILE, &before_); }
  void allow(rlim_t soft) const {
    const rlimit limit{soft, before_.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  }
  rlimit before_{};
};

TEST_F(HighDescriptor, TheFirstNumbersAreLeftToAnybody) {
  const int number = numbered(100).get();
  EXPECT_EQ(above_low_numbers(numbered(100)).get(), number);
}

TEST_F(HighDescriptor, FurtherLowOnesAreGivenUp) {
  UniqueFd low = numbered(300);
  const int number = low.get();
  const UniqueFd high = above_low_numbers(std::move(low));
  EXPECT_GE(high.get(), kFirstHighDescriptor);
  EXPECT_EQ(::fcntl(high.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(::fcntl(number, F_GETFD), -1) << "the low one is free";
  const int same = high.get();
  UniqueFd again = numbered(1500);
  EXPECT_EQ(above_low_numbers(std::move(again)).get(), 1500) << "is high";
  EXPECT_GE(::fcntl(same, F_GETFD), 0);
}

TEST_F(HighDescriptor, WhereThereIsNoneItStays) {
  allow(1024);
  UniqueFd low = numbered(300);
  const int number = low.get();
  EXPECT_EQ(above_low_numbers(std::move(low)).get(), number);
  allow(1025);
  const UniqueFd last = above_low_numbers(numbered(300));
  EXPECT_EQ(last.get(), 1024);
  EXPECT_LT(above_low_numbers(numbered(300)).get(), kFirstHighDescriptor) << "all are taken";
  EXPECT_FALSE(above_low_numbers(UniqueFd()));
}

}  // namespace
}  // namespace tusk::base
