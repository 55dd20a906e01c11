#include "exec/store_rules.h"

#include <gtest/gtest.h>

namespace tusk::exec {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

enum class Queue { kEmpty, kShort, kLasting };

// Two of four workers wait: as many as always may.
WaitFacts facts(WaitReason reason, base::Duration waited, Queue queue) {
  return {.reason = reason,
          .waited = waited,
          .queued = queue != Queue::kEmpty,
          .queue_lasts = queue == Queue::kLasting,
          .waiting = 2,
          .workers = 4};
}

TEST(StoreRules, AResponseThatIsAheadMayWaitWhileWorkersAreLeft) {
  for (const Queue queue : {Queue::kEmpty, Queue::kShort, Queue::kLasting}) {
    EXPECT_EQ(judge_wait(facts(WaitReason::kResponseLimit, seconds(50), queue)),
              WaitVerdict::kKeepWaiting);
  }
}

TEST(StoreRules, BeyondItsClientsShareItIsClosedWhereOthersWaitForAWorker) {
  constexpr auto kShare = WaitReason::kClientShare;
  EXPECT_EQ(judge_wait(facts(kShare, milliseconds(10), Queue::kLasting)),
            WaitVerdict::kKeepWaiting);
  EXPECT_EQ(judge_wait(facts(kShare, milliseconds(50), Queue::kLasting)), WaitVerdict::kCloseThis);
  EXPECT_EQ(judge_wait(facts(kShare, seconds(20), Queue::kShort)), WaitVerdict::kKeepWaiting)
      << "there are workers for those";
  EXPECT_EQ(judge_wait(facts(kShare, seconds(20), Queue::kEmpty)), WaitVerdict::kKeepWaiting);
  EXPECT_EQ(judge_wait(facts(kShare, seconds(30), Queue::kEmpty)), WaitVerdict::kCloseThis);
}

TEST(StoreRules, AWarnedClientMayNotWaitWhereOthersDo) {
  WaitFacts warned = facts(WaitReason::kClientShare, {}, Queue::kShort);
  warned.client_warned = true;
  EXPECT_EQ(judge_wait(warned), WaitVerdict::kCloseThis);
  warned.queued = false;
  EXPECT_EQ(judge_wait(warned), WaitVerdict::kKeepWaiting) << "nobody is kept from anything";
}

TEST(StoreRules, AFullStoreMakesRoomOnlyWhereOthersWait) {
  constexpr auto kFull = WaitReason::kStoreFull;
  EXPECT_EQ(judge_wait(facts(kFull, seconds(50), Queue::kEmpty)), WaitVerdict::kKeepWaiting);
  EXPECT_EQ(judge_wait(facts(kFull, {}, Queue::kShort)), WaitVerdict::kCloseStored);
  EXPECT_EQ(judge_wait(facts(kFull, seconds(5), Queue::kShort)), WaitVerdict::kCloseThis);
}

TEST(StoreRules, NoMoreThanHalfOfTheWorkersWaitWhereOthersDo) {
  WaitFacts crowd = facts(WaitReason::kResponseLimit, milliseconds(60), Queue::kLasting);
  crowd.waiting = 3;
  EXPECT_EQ(judge_wait(crowd), WaitVerdict::kCloseWaiting);
  crowd.reason = WaitReason::kStoreFull;
  EXPECT_EQ(judge_wait(crowd), WaitVerdict::kCloseWaiting);
  crowd.waited = milliseconds(40);
  EXPECT_EQ(judge_wait(crowd), WaitVerdict::kCloseStored);
}

// A client that takes 100 kB/s shows progress every 10 s or so.
TEST(StoreRules, WhileNobodyComesASlowClientIsNotClosed) {
  for (const WaitReason reason : {WaitReason::kResponseLimit, WaitReason::kStoreFull}) {
    WaitFacts crowd = facts(reason, seconds(20), Queue::kEmpty);
    crowd.waiting = 4;
    EXPECT_EQ(judge_wait(crowd), WaitVerdict::kKeepWaiting);
    crowd.waited = seconds(30);
    EXPECT_EQ(judge_wait(crowd), WaitVerdict::kCloseThis) << "it takes next to nothing";
  }
}

TEST(StoreRules, WithOneWorkerItsClientHasASecond) {
  WaitFacts only{.reason = WaitReason::kResponseLimit,
                 .waited = milliseconds(900),
                 .queued = true,
                 .queue_lasts = true};
  EXPECT_EQ(judge_wait(only), WaitVerdict::kKeepWaiting);
  only.waited = seconds(1);
  EXPECT_EQ(judge_wait(only), WaitVerdict::kCloseWaiting);
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
