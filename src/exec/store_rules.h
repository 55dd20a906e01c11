// Rules of the store of responses: what happens to a script that would wait for its client, and
// which response is closed if one must be. A full store should cost those who fill it, and a
// waiting worker should not deprive others of a worker.
//
// Only decisions; times and numbers are arguments. Thread: any.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace tusk::exec {

// Why a script cannot continue before its client has taken something.
enum class WaitReason : std::uint8_t {
  kResponseLimit,  // the response has as much unsent as any response may
  kClientShare,    // the responses of its client hold as much as one client may
  kStoreFull,      // all responses together hold as much as they may
};

// How a response uses the store of responses: a slow client is checked more often if others need
// the space.
enum class StoreUse : std::uint8_t {
  kNone,        // the store does not hold it
  kWithRoom,    // it does, and the store has room for others
  kNearlyFull,  // it does, and the store is nearly full
};

struct WaitFacts {
  WaitReason reason = WaitReason::kResponseLimit;
  base::Duration waited{};     // since this wait began
  bool queued = false;         // requests wait for a worker
  bool queue_lasts = false;    // and have waited for at least kLastingQueue
  std::size_t waiting = 1;     // workers that wait for clients, including this one
  std::size_t workers = 1;     // all workers
  bool client_warned = false;  // a response of this client has just been closed for this reason
};

enum class WaitVerdict : std::uint8_t {
  kKeepWaiting,
  kCloseThis,
  kCloseWaiting,  // to free a worker: the slowest response whose worker waits
  kCloseStored,   // to make room: the slowest of all stored responses
};

// A client that reads at all takes a piece within this time.
inline constexpr base::Duration kLeastWait = std::chrono::milliseconds(50);
// With only one worker its client has more time, since no other worker is kept from waiting.
inline constexpr base::Duration kLeastWaitOfOnlyWorker = std::chrono::seconds(1);
// Free workers empty a short queue sooner than this, so no response is closed for it.
inline constexpr base::Duration kLastingQueue = std::chrono::milliseconds(20);
// How long a response that finds no room may wait while requests are queued.
inline constexpr base::Duration kShortWaitLimit = std::chrono::seconds(5);
// How long a response may wait while no request is queued, if more than half of the workers wait
// for clients or the client has exceeded its share. The kernel reports what was taken in steps of a
// MiB, for which 100 kB/s needs 10 s.
inline constexpr base::Duration kLongWaitLimit = std::chrono::seconds(30);
// For this long after a warning, a client's responses may not wait at all while requests are
// queued.
inline constexpr base::Duration kWarningTime = std::chrono::seconds(10);

inline base::Duration least_wait(std::size_t workers) {
  return workers > 1 ? kLeastWait : kLeastWaitOfOnlyWorker;
}

inline WaitVerdict judge_wait(const WaitFacts& facts) {
  const bool crowded = facts.waiting > facts.workers / 2;
  const bool beyond_share = facts.reason == WaitReason::kClientShare;
  if (facts.queued && beyond_share && facts.client_warned) return WaitVerdict::kCloseThis;
  if (facts.queue_lasts) {
    if (beyond_share && facts.waited >= kLeastWait) return WaitVerdict::kCloseThis;
    if (crowded && facts.waited >= least_wait(facts.workers)) {
      return WaitVerdict::kCloseWaiting;
    }
  }
  if (facts.queued && facts.reason == WaitReason::kStoreFull) {
    return facts.waited >= kShortWaitLimit ? WaitVerdict::kCloseThis : WaitVerdict::kCloseStored;
  }
  const bool for_long = facts.waited >= kLongWaitLimit;
  return for_long && (crowded || beyond_share) ? WaitVerdict::kCloseThis
                                               : WaitVerdict::kKeepWaiting;
}

// For how many seconds a response will still be stored if its client continues as before. The
// credit is for responses that have just begun, about whose clients nothing is known yet.
inline double slowness(std::uint64_t unsent, std::uint64_t taken, base::Duration stored_for) {
  constexpr double kCredit = 256.0 * 1024;
  const double seconds = std::chrono::duration<double>(stored_for).count();
  return static_cast<double>(unsent) * seconds / (static_cast<double>(taken) + kCredit);
}

// A response that will be gone by itself within this time is not closed to make room.
inline constexpr double kWorthWaiting_s = 5;

}  // namespace tusk::exec
