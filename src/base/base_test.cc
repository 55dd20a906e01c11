#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "base/guarded.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace tusk::base {
namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

TEST(UniqueFd, ClosesOnceAndMoves) {
  int raw = -1;
  {
    UniqueFd first(::open("/dev/null", O_RDONLY));
    raw = first.get();
    UniqueFd second(std::move(first));
    EXPECT_FALSE(first);
    EXPECT_EQ(second.get(), raw);
    EXPECT_TRUE(is_open(raw));
    second = UniqueFd();
    EXPECT_FALSE(is_open(raw));
  }
}

TEST(UniqueFd, ReleaseGivesItAway) {
  int raw = -1;
  {
    UniqueFd fd(::open("/dev/null", O_RDONLY));
    raw = fd.release();
  }
  EXPECT_TRUE(is_open(raw));
  ::close(raw);
}

TEST(Result, ErrnoIsAddedInWords) {
  const Result<int> result = fail_errno("open x", ENOENT);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "open x: No such file or directory");
}

TEST(Guarded, GivesAccessToTheValue) {
  Guarded<int> guarded;
  *guarded.lock() += 3;
  EXPECT_EQ(*guarded.lock(), 3);
}

TEST(CheckDeathTest, NamesTheBrokenInvariant) {
  EXPECT_DEATH(TUSK_CHECK(1 + 1 == 3), "broken invariant: 1 \\+ 1 == 3");
}

}  // namespace
}  // namespace tusk::base
