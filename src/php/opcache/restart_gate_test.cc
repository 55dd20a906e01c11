#include "php/opcache/restart_gate.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tusk::php::opcache {
namespace {

using Entry = RestartGate::Entry;
using Visitor = RestartGate::Visitor;

constexpr RestartGate::Limits kForEver{.hold = std::chrono::hours(1)};
// Every attempt that does not succeed at once fails, and no pause follows.
constexpr RestartGate::Limits kAtOnce{.hold = std::chrono::nanoseconds(0)};

std::unique_ptr<Visitor> make_idle(RestartGate& gate) {
  auto visitor = std::make_unique<Visitor>(gate);
  visitor->leave();
  return visitor;
}

// Runs body(0) to body(count - 1), each on a thread of its own, and waits for all.
template <class Body>
void run_threads(int count, const Body& body) {
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(count));
  for (int t = 0; t < count; ++t) threads.emplace_back([&body, t] { body(t); });
  for (std::thread& thread : threads) thread.join();
}

TEST(RestartGate, WithoutARestartAllPass) {
  RestartGate gate(kForEver);
  const auto one = make_idle(gate);
  const auto other = make_idle(gate);
  EXPECT_EQ(one->enter(), Entry::kShared);
  EXPECT_EQ(other->enter(), Entry::kShared);
  one->leave();
  other->leave();
  EXPECT_EQ(gate.stats().restarts, 0U);
}

TEST(RestartGate, TheFirstWhoComesIsAlone) {
  RestartGate gate(kForEver);
  const auto one = make_idle(gate);
  const auto other = make_idle(gate);
  gate.want();
  EXPECT_TRUE(gate.wanted());
  EXPECT_EQ(one->enter(), Entry::kAlone);
  one->restarted();
  EXPECT_FALSE(gate.wanted());
  EXPECT_EQ(other->enter(), Entry::kShared);
  EXPECT_EQ(gate.stats().restarts, 1U);
  EXPECT_EQ(gate.stats().put_off, 0U);
}

TEST(RestartGate, OthersAreHeldUntilTheScriptEnds) {
  RestartGate gate(kForEver);
  const auto busy = make_idle(gate);
  const auto held = make_idle(gate);
  ASSERT_EQ(busy->enter(), Entry::kShared);
  gate.want();
  std::atomic<bool> passed{false};
  std::thread thread([&] {
    EXPECT_EQ(held->enter(), Entry::kAlone);
    passed = true;
    held->restarted();
    held->leave();
  });
  // Held or not yet there: in either case it has not passed.
  for (int i = 0; i < 1000; ++i) {
    std::this_thread::yield();
    ASSERT_FALSE(passed);
  }
  busy->leave();
  thread.join();
  EXPECT_EQ(gate.stats().restarts, 1U);
}

TEST(RestartGate, NobodyComesInWhileOneIsAlone) {
  RestartGate gate(kForEver);
  const auto restarting = make_idle(gate);
  const auto visitor = make_idle(gate);
  gate.want();
  ASSERT_EQ(restarting->enter(), Entry::kAlone);
  std::atomic<int> passed{0};
  std::thread request([&] {
    EXPECT_EQ(visitor->enter(), Entry::kShared);
    ++passed;
  });
  std::thread newcomer([&] {
    const Visitor made(gate);
    ++passed;
  });
  for (int i = 0; i < 1000; ++i) {
    std::this_thread::yield();
    ASSERT_EQ(passed, 0);
  }
  restarting->restarted();
  request.join();
  newcomer.join();
  EXPECT_EQ(passed, 2);
}

TEST(RestartGate, ALongScriptPutsTheRestartOff) {
  RestartGate gate(kAtOnce);
  const auto straggler = make_idle(gate);
  const auto one = make_idle(gate);
  ASSERT_EQ(straggler->enter(), Entry::kShared);
  gate.want();
  // Held for the allowed time, which is zero; then let through again and again.
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(one->enter(), Entry::kShared);
    one->leave();
  }
  EXPECT_TRUE(gate.wanted());
  EXPECT_EQ(gate.stats().put_off, 1U) << "no further attempt while it runs";
  straggler->leave();
  EXPECT_EQ(one->enter(), Entry::kAlone);
  one->restarted();
  EXPECT_EQ(gate.stats().restarts, 1U);
}

TEST(RestartGate, AStragglerThatIsEndedIsFollowedByNoPause) {
  for (const bool for_ever : {false, true}) {
    RestartGate gate({.hold = std::chrono::milliseconds(1), .longest_hold = 8, .pause = 1'000'000});
    const auto straggler = make_idle(gate);
    const auto one = make_idle(gate);
    ASSERT_EQ(straggler->enter(), Entry::kShared);
    EXPECT_FALSE(gate.delay_by(*straggler)) << "no restart is wanted";
    gate.want();
    EXPECT_FALSE(gate.delay_by(*straggler)) << "nobody has waited for it yet";
    ASSERT_EQ(one->enter(), Entry::kShared);
    EXPECT_FALSE(gate.delay_by(*one));
    one->leave();
    ASSERT_TRUE(gate.delay_by(*straggler));
    if (for_ever) {
      gate.leave_for_ever(*straggler);
    } else {
      gate.skip_pause();
      straggler->leave();
    }
    EXPECT_FALSE(gate.delay_by(*straggler));
    EXPECT_EQ(one->enter(), Entry::kAlone);
    one->restarted();
    EXPECT_EQ(gate.stats().restarts, 1U);
  }
}

TEST(RestartGate, AfterAStragglerAnotherAttemptIsMade) {
  RestartGate gate(kAtOnce);
  const auto straggler = make_idle(gate);
  const auto one = make_idle(gate);
  ASSERT_EQ(straggler->enter(), Entry::kShared);
  gate.want();
  ASSERT_EQ(one->enter(), Entry::kShared);
  straggler->leave();
  // Another visitor is inside since. The straggler, which comes back, is held like any other.
  EXPECT_EQ(straggler->enter(), Entry::kShared);
  EXPECT_EQ(gate.stats().put_off, 2U);
  one->leave();
  straggler->leave();
  EXPECT_EQ(one->enter(), Entry::kAlone);
}

TEST(RestartGate, APauseFollowsAnAttemptInVain) {
  RestartGate gate(
      {.hold = std::chrono::nanoseconds(1), .longest_hold = 8, .pause = 2'000'000'000});
  const auto straggler = make_idle(gate);
  const auto one = make_idle(gate);
  ASSERT_EQ(straggler->enter(), Entry::kShared);
  gate.want();
  ASSERT_EQ(one->enter(), Entry::kShared);
  straggler->leave();
  EXPECT_EQ(straggler->enter(), Entry::kShared) << "passes during the pause";
  EXPECT_EQ(gate.stats().put_off, 1U);
  one->leave();
  straggler->leave();
  EXPECT_EQ(one->enter(), Entry::kAlone) << "a chance is taken in the pause too";
}

TEST(RestartGate, WhatCannotBeDoneStaysWanted) {
  RestartGate gate(kAtOnce);
  const auto one = make_idle(gate);
  const auto other = make_idle(gate);
  gate.want();
  ASSERT_EQ(one->enter(), Entry::kAlone);
  one->put_off();
  EXPECT_TRUE(one->inside());
  EXPECT_TRUE(gate.wanted());
  EXPECT_EQ(other->enter(), Entry::kShared);
  one->leave();
  other->leave();
  EXPECT_EQ(other->enter(), Entry::kAlone);
  EXPECT_EQ(gate.stats().restarts, 0U);
}

TEST(RestartGate, AWishDuringARestartIsKept) {
  RestartGate gate(kForEver);
  const auto one = make_idle(gate);
  gate.want();
  ASSERT_EQ(one->enter(), Entry::kAlone);
  gate.want();
  one->restarted();
  EXPECT_TRUE(gate.wanted());
  one->leave();
  EXPECT_EQ(one->enter(), Entry::kAlone);
}

TEST(RestartGate, AVisitorKnowsThatItMissedARestart) {
  RestartGate gate(kForEver);
  const auto one = make_idle(gate);
  const auto other = make_idle(gate);
  gate.want();
  ASSERT_EQ(one->enter(), Entry::kAlone);
  one->restarted();
  EXPECT_FALSE(one->missed_restart()) << "it was its own";
  EXPECT_TRUE(other->missed_restart());
  EXPECT_FALSE(other->missed_restart()) << "once";
  Visitor made(gate);
  EXPECT_FALSE(made.missed_restart()) << "it was before its time";
}

TEST(RestartGate, AVisitorThatGoesIsWaitedForNoMore) {
  RestartGate gate(kForEver);
  const auto one = make_idle(gate);
  auto going = std::make_unique<Visitor>(gate);
  EXPECT_TRUE(going->inside());
  gate.want();
  std::thread thread([&] { EXPECT_EQ(one->enter(), Entry::kAlone); });
  going.reset();
  thread.join();
}

// Many threads want restarts at any time: a visitor that is told so is really alone, and no restart
// is lost.
TEST(RestartGate, AloneMeansAlone) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 20'000;
  RestartGate gate(kForEver);
  std::atomic<int> inside{0};
  std::atomic<std::uint64_t> restarts{0};
  std::atomic<int> violations{0};
  run_threads(kThreads, [&](int t) {
    Visitor visitor(gate);
    visitor.leave();
    for (int i = 0; i < kRounds; ++i) {
      const Entry entry = visitor.enter();
      if (entry == Entry::kAlone) {
        if (inside.load() != 0) ++violations;
        ++restarts;
        visitor.restarted();
      }
      ++inside;
      if ((i + t) % 64 == 0) gate.want();
      --inside;
      visitor.leave();
    }
  });
  EXPECT_EQ(violations, 0);
  EXPECT_GT(restarts, 0U);
  EXPECT_EQ(gate.stats().restarts, restarts);
  EXPECT_EQ(gate.stats().put_off, 0U);
}

// The same with failed attempts.
TEST(RestartGate, AloneMeansAloneWithoutHolding) {
  RestartGate gate(kAtOnce);
  std::atomic<int> inside{0};
  std::atomic<int> violations{0};
  run_threads(4, [&](int t) {
    Visitor visitor(gate);
    visitor.leave();
    for (int i = 0; i < 5'000; ++i) {
      if (visitor.enter() == Entry::kAlone) {
        if (inside.load() != 0) ++violations;
        if (i % 2 == 0) {
          visitor.restarted();
        } else {
          visitor.put_off();
        }
      }
      ++inside;
      if ((i + t) % 16 == 0) gate.want();
      --inside;
      visitor.leave();
    }
  });
  EXPECT_EQ(violations, 0);
  Visitor last(gate);
  last.leave();
  gate.want();
  EXPECT_EQ(last.enter(), Entry::kAlone) << "no straggler is left over";
}

}  // namespace
}  // namespace tusk::php::opcache
