// LoopSlot: whether one loop thread still takes turns.
//
// A loop takes a turn at least ten times a second, because it looks at its deadlines. So a loop
// whose last turn was longer ago hangs.
//
// Owner: a place of the Scoreboard. Thread: assign() main; take_turn() the loop; the rest any.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace tusk::observe::inline scoreboard {

class LoopSlot {
 public:
  static constexpr std::uint32_t kNoShard = ~std::uint32_t{0};

  // `shard` is the place's shard that the loop counts on, which knows how many connections it has.
  void assign(std::uint32_t shard) noexcept {
    shard_.store(shard, std::memory_order_relaxed);
    last_turn_ns_.store(0, std::memory_order_relaxed);
  }

  void take_turn(base::MonotonicTime now) noexcept {
    last_turn_ns_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  }

  std::uint32_t shard() const noexcept { return shard_.load(std::memory_order_relaxed); }
  // A time of the monotonic clock; 0: the loop has taken no turn yet.
  std::int64_t last_turn_ns() const noexcept {
    return last_turn_ns_.load(std::memory_order_relaxed);
  }

 private:
  alignas(64) std::atomic<std::int64_t> last_turn_ns_{0};
  std::atomic<std::uint32_t> shard_{kNoShard};
};

}  // namespace tusk::observe::inline scoreboard
