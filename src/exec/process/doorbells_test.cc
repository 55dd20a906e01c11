#include "exec/process/doorbells.h"

#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/falloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace tusk::exec::process {
namespace {

// A server with two loops and the ringer of a worker.
class Bells : public testing::Test {
 protected:
  void SetUp() override {
    auto bells = Doorbells::create();
    ASSERT_TRUE(bells) << bells.error().message;
    bells_.emplace(std::move(*bells));
    for (int loop = 0; loop < 2; ++loop) {
      auto made = Doorbells::make_eventfd();
      ASSERT_TRUE(made) << made.error().message;
      eventfds_.push_back(std::move(*made));
    }
    auto ringer = DoorbellRinger::attach(bells_->fd(), copies_of_bells());
    ASSERT_TRUE(ringer) << ringer.error().message;
    ringer_.emplace(std::move(*ringer));
  }

  std::vector<base::UniqueFd> copies_of_bells() const {
    std::vector<base::UniqueFd> copies;
    for (const base::UniqueFd& bell : eventfds_) copies.emplace_back(base::duplicate(bell.get()));
    return copies;
  }

  // How often a loop was rung since the last call.
  std::uint64_t rung(std::size_t loop) const {
    std::uint64_t count = 0;
    return ::read(eventfds_[loop].get(), &count, sizeof count) > 0 ? count : 0;
  }

  std::optional<Doorbells> bells_;
  std::vector<base::UniqueFd> eventfds_;
  std::optional<DoorbellRinger> ringer_;
};

TEST_F(Bells, WakeOnlyLoopsThatSleep) {
  ringer_->ring(0);
  EXPECT_EQ(rung(0), 0U) << "it is awake";
  bells_->sleeping(1) = 1;
  ringer_->ring(0);
  EXPECT_EQ(rung(0), 0U) << "another sleeps";
  bells_->sleeping(0) = 1;
  ringer_->ring(0);
  EXPECT_EQ(rung(0), 1U);
  EXPECT_EQ(rung(1), 0U);
  bells_->sleeping(0) = 0;
  ringer_->ring(0);
  EXPECT_EQ(rung(0), 0U);
}

TEST_F(Bells, RingOnceForEachSleep) {
  bells_->sleeping(0) = 1;
  bells_->sleeping(1) = 1;
  ringer_->ring(0);
  ringer_->ring(0);
  EXPECT_EQ(rung(0), 1U) << "it is still in the same sleep";
  ringer_->ring(0);
  EXPECT_EQ(rung(0), 0U) << "it has been woken, and looks for all news";
  ringer_->ring(1);
  EXPECT_EQ(rung(1), 1U) << "another loop";
  bells_->sleeping(0) = 0;
  ringer_->ring(0);
  bells_->sleeping(0) = 2;
  ringer_->ring(0);
  EXPECT_EQ(rung(0), 1U) << "the next sleep";
  DoorbellRinger other = *DoorbellRinger::attach(bells_->fd(), copies_of_bells());
  other.ring(0);
  EXPECT_EQ(rung(0), 1U) << "another worker cannot know of it";
}

TEST_F(Bells, OfNoLoopDoNothing) {
  for (std::size_t loop = 0; loop < kMostLoops; ++loop) bells_->sleeping(loop) = 1;
  for (const std::uint32_t loop : {2U, 63U, 64U, 1000U, UINT32_MAX}) ringer_->ring(loop);
  EXPECT_EQ(rung(0), 0U);
  EXPECT_EQ(rung(1), 0U);
}

TEST_F(Bells, OfAllLoopsHaveTheirOwnPlace) {
  bells_->sleeping(kMostLoops - 1) = 5;
  bells_->sleeping(0) = 1;
  for (std::size_t loop = 1; loop + 1 < kMostLoops; ++loop) EXPECT_EQ(bells_->sleeping(loop), 0U);
  EXPECT_EQ(sizeof(SleepingLoops), 4096U) << "one page";
}

TEST_F(Bells, AreNotWrittenByWorkers) {
  const int page = bells_->fd();
  EXPECT_EQ(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, page, 0), MAP_FAILED);
  EXPECT_EQ(errno, EPERM);
  void* const readable = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, page, 0);
  ASSERT_NE(readable, MAP_FAILED);
  EXPECT_EQ(::mprotect(readable, 4096, PROT_READ | PROT_WRITE), -1) << "nor afterwards";
  ::munmap(readable, 4096);
  const char byte = 1;
  EXPECT_EQ(::pwrite(page, &byte, 1, 0), -1);
  EXPECT_EQ(::fallocate(page, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), -1);
  EXPECT_EQ(::ftruncate(page, 0), -1);
  EXPECT_EQ(::fcntl(page, F_ADD_SEALS, F_SEAL_WRITE), -1);
  bells_->sleeping(0) = 1;
  ringer_->ring(0);
  EXPECT_EQ(rung(0), 1U) << "the server still can";
}

TEST_F(Bells, StayWithTheirPageWhenMoved) {
  Doorbells moved(std::move(*bells_));
  bells_.reset();
  moved.sleeping(0) = 1;
  ringer_->ring(0);
  EXPECT_EQ(rung(0), 1U);
}

TEST_F(Bells, DoNotWaitOnAFullCounter) {
  const std::uint64_t most = UINT64_MAX - 1;
  ASSERT_EQ(::write(eventfds_[0].get(), &most, sizeof most), 8);
  bells_->sleeping(0) = 1;
  ringer_->ring(0);
  EXPECT_EQ(rung(0), most);
}

// A worker has the same open file as the loop: it can change the flags and empty the counter.
TEST_F(Bells, DoNotHoldTheLoopThatClearsThem) {
  const int bell = eventfds_[0].get();
  ASSERT_EQ(::fcntl(bell, F_SETFL, 0), 0);
  Doorbells::clear(bell);  // empty and blocking: would be a hang
  bells_->sleeping(0) = 1;
  ringer_->ring(0);
  Doorbells::clear(bell);
  ASSERT_EQ(::fcntl(bell, F_SETFL, O_NONBLOCK), 0);
  EXPECT_EQ(rung(0), 0U) << "cleared";
}

TEST(DoorbellRinger, NeedsAPage) { EXPECT_FALSE(DoorbellRinger::attach(-1, {})); }

}  // namespace
}  // namespace tusk::exec::process
