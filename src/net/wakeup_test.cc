#include "net/wakeup.h"

#include <vector>

#include <gtest/gtest.h>

#include "base/task.h"

namespace tusk::net {
namespace {

base::Detached record(Wakeup& wakeup, std::uint32_t mask, std::vector<std::uint32_t>& seen) {
  const std::uint32_t flags = co_await wakeup.wait(mask);
  seen.push_back(flags);
}

TEST(Wakeup, ResumesForWhatIsAwaitedOnly) {
  Wakeup wakeup;
  std::vector<std::uint32_t> seen;
  record(wakeup, Wakeup::kReadable | Wakeup::kDeadline, seen);
  wakeup.raise(Wakeup::kWritable);
  EXPECT_TRUE(seen.empty());
  wakeup.raise(Wakeup::kDeadline);
  EXPECT_EQ(seen, (std::vector<std::uint32_t>{Wakeup::kDeadline}));
  // The other flag stayed raised.
  record(wakeup, Wakeup::kWritable, seen);
  EXPECT_EQ(seen.back(), std::uint32_t{Wakeup::kWritable});
}

// Flags share one number: a waiter for one of them must not see another.
TEST(Wakeup, EachFlagIsItsOwn) {
  constexpr std::uint32_t kFlags[] = {Wakeup::kReadable,  Wakeup::kWritable,  Wakeup::kReply,
                                      Wakeup::kDeadline,  Wakeup::kTurn,      Wakeup::kCrowded,
                                      Wakeup::kEncoded,   Wakeup::kListed,    Wakeup::kStreams,
                                      Wakeup::kDrainOver, Wakeup::kBrokenOff, Wakeup::kBodyMade};
  std::uint32_t all = 0;
  for (const std::uint32_t flag : kFlags) {
    EXPECT_EQ(all & flag, 0U) << flag;
    all |= flag;
    Wakeup wakeup;
    std::vector<std::uint32_t> seen;
    record(wakeup, flag, seen);
    wakeup.raise(~flag);
    EXPECT_TRUE(seen.empty());
    wakeup.raise(flag);
    EXPECT_EQ(seen, std::vector<std::uint32_t>{flag});
  }
}

TEST(Wakeup, LoweredFlagsAreForgotten) {
  Wakeup wakeup;
  std::vector<std::uint32_t> seen;
  wakeup.raise(Wakeup::kDeadline);
  wakeup.lower(Wakeup::kDeadline);
  record(wakeup, Wakeup::kDeadline, seen);
  EXPECT_TRUE(seen.empty());
  wakeup.raise(Wakeup::kDeadline);
  EXPECT_EQ(seen.size(), 1U);
}

}  // namespace
}  // namespace tusk::net
