#include "exec/store_rules.h"

#include <gtest/gtest.h>

namespace tusk::exec {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

enum class Queue { empty, short_, lasting };

// Of four workers two wait, as ever many may.
WaitFacts facts(WaitReason reason, base::Duration waited, Queue queue) {
  return {.reason = reason,
          .waited = waited,
          .queued = queue != Queue::empty,
          .queue_lasts = queue == Queue::lasting,
          .waiting = 2,
          .workers = 4};
}

TEST(StoreRules, AResponseThatIsAheadMayWaitWhileWorkersAreLeft) {
  for (const Queue queue : {Queue::empty, Queue::short_, Queue::lasting}) {
    EXPECT_EQ(judge_wait(facts(WaitReason::ahead, seconds(50), queue)), WaitVerdict::go_on);
  }
}

TEST(StoreRules, BeyondItsClientsShareItIsClosedWhereOthersWaitForAWorker) {
  constexpr auto kShare = WaitReason::client_share;
  EXPECT_EQ(judge_wait(facts(kShare, milliseconds(10), Queue::lasting)), WaitVerdict::go_on);
  EXPECT_EQ(judge_wait(facts(kShare, milliseconds(50), Queue::lasting)), WaitVerdict::close_it);
  EXPECT_EQ(judge_wait(facts(kShare, seconds(20), Queue::short_)), WaitVerdict::go_on)
      << "there are workers for those";
  EXPECT_EQ(judge_wait(facts(kShare, seconds(20), Queue::empty)), WaitVerdict::go_on);
  EXPECT_EQ(judge_wait(facts(kShare, seconds(30), Queue::empty)), WaitVerdict::close_it);
}

TEST(StoreRules, AWarnedClientHasNoPatienceWhereOthersWait) {
  WaitFacts warned = facts(WaitReason::client_share, {}, Queue::short_);
  warned.client_warned = true;
  EXPECT_EQ(judge_wait(warned), WaitVerdict::close_it);
  warned.queued = false;
  EXPECT_EQ(judge_wait(warned), WaitVerdict::go_on) << "nobody is kept from anything";
}

TEST(StoreRules, AFullStoreMakesRoomOnlyWhereOthersWait) {
  constexpr auto kFull = WaitReason::store_full;
  EXPECT_EQ(judge_wait(facts(kFull, seconds(50), Queue::empty)), WaitVerdict::go_on);
  EXPECT_EQ(judge_wait(facts(kFull, {}, Queue::short_)), WaitVerdict::close_a_stored_one);
  EXPECT_EQ(judge_wait(facts(kFull, seconds(5), Queue::short_)), WaitVerdict::close_it);
}

TEST(StoreRules, NoMoreThanHalfOfTheWorkersWaitWhereOthersDo) {
  WaitFacts crowd = facts(WaitReason::ahead, milliseconds(60), Queue::lasting);
  crowd.waiting = 3;
  EXPECT_EQ(judge_wait(crowd), WaitVerdict::close_a_waiting_one);
  crowd.reason = WaitReason::store_full;
  EXPECT_EQ(judge_wait(crowd), WaitVerdict::close_a_waiting_one);
  crowd.waited = milliseconds(40);
  EXPECT_EQ(judge_wait(crowd), WaitVerdict::close_a_stored_one);
}

// One that takes 100 kB/s shows it every 10 s or so.
TEST(StoreRules, WhileNobodyComesASlowClientIsNotClosed) {
  for (const WaitReason reason : {WaitReason::ahead, WaitReason::store_full}) {
    WaitFacts crowd = facts(reason, seconds(20), Queue::empty);
    crowd.waiting = 4;
    EXPECT_EQ(judge_wait(crowd), WaitVerdict::go_on);
    crowd.waited = seconds(30);
    EXPECT_EQ(judge_wait(crowd), WaitVerdict::close_it) << "it takes next to nothing";
  }
}

TEST(StoreRules, WithOneWorkerItsClientHasASecond) {
  WaitFacts only{.reason = WaitReason::ahead,
                 .waited = milliseconds(900),
                 .queued = true,
                 .queue_lasts = true};
  EXPECT_EQ(judge_wait(only), WaitVerdict::go_on);
  only.waited = seconds(1);
  EXPECT_EQ(judge_wait(only), WaitVerdict::close_a_waiting_one);
}

TEST(StoreRules, SlowIsWhoKeepsMuchForLong) {
  constexpr std::uint64_t kMiB = 1 << 20;
  const double byte_a_second = slowness(50 * kMiB, 100, seconds(10));
  const double steady = slowness(50 * kMiB, 10 * kMiB, seconds(10));
  EXPECT_GT(byte_a_second, 10 * steady);
  EXPECT_GT(byte_a_second, slowness(5 * kMiB, 100, seconds(10))) << "it holds more";
  EXPECT_GT(byte_a_second, slowness(50 * kMiB, 100, seconds(5))) << "and for longer";
  EXPECT_LT(slowness(50 * kMiB, 0, milliseconds(10)), kWorthWaiting_s) << "it has just begun";
}

}  // namespace
}  // namespace tusk::exec
