// Rules of the store of responses: what becomes of a script that would wait for its client, and
// whose response is closed where somebody's must be. A full store is to cost those who fill it, and
// a worker that waits is to cost nobody a worker.
//
// Nothing but decisions: time and numbers are given. Thread: any.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace tusk::exec {

// Why a script cannot go on before its client has taken something.
enum class WaitReason : std::uint8_t {
  kResponseLimit,  // it is as far ahead as any response may be
  kClientShare,    // responses of its client hold as much as those of one client may
  kStoreFull,      // all responses together hold as much as they may
};

struct WaitFacts {
  WaitReason reason = WaitReason::kResponseLimit;
  base::Duration waited{};     // in this wait: the client has taken too little all along
  bool queued = false;         // requests wait for a worker
  bool queue_lasts = false;    // and did all along for kLastingQueue
  std::size_t waiting = 1;     // workers that wait for clients, this one too
  std::size_t workers = 1;     // of so many
  bool client_warned = false;  // a response of this client was closed for this reason just now
};

enum class WaitVerdict : std::uint8_t {
  kKeepWaiting,
  kCloseThis,
  kCloseWaiting,  // so that a worker is free: the slowest of those that wait
  kCloseStored,   // so that there is room: the slowest of all that are stored
};

// A client that reads at all takes a piece in this time.
inline constexpr base::Duration kLeastWait = std::chrono::milliseconds(50);
// And where there is but one worker, its client has more: nobody else is kept from waiting.
inline constexpr base::Duration kLeastWaitOfOnlyWorker = std::chrono::seconds(1);
// Workers that are free empty a short queue sooner: nobody is closed for that.
inline constexpr base::Duration kLastingQueue = std::chrono::milliseconds(20);
// What a response has that finds no room while requests wait.
inline constexpr base::Duration kShortWaitLimit = std::chrono::seconds(5);
// What it has of more than half of the workers, or beyond its client's share, while nobody waits
// for it. The kernel says in steps of a MiB what was taken, for which 100 kB/s needs 10 s.
inline constexpr base::Duration kLongWaitLimit = std::chrono::seconds(30);
// For how long a client that was warned has no patience at all where requests wait.
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

// For how many seconds a response will still be stored if its client goes on as until now. The
// credit is for those that have begun just now, of whose clients nothing is known.
inline double slowness(std::uint64_t unsent, std::uint64_t taken, base::Duration stored_for) {
  constexpr double kCredit = 256.0 * 1024;
  const double seconds = std::chrono::duration<double>(stored_for).count();
  return static_cast<double>(unsent) * seconds / (static_cast<double>(taken) + kCredit);
}

// Nobody is closed to make room who will be gone by himself in that time.
inline constexpr double kWorthWaiting_s = 5;

}  // namespace tusk::exec
