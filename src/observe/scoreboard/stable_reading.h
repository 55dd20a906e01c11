// StableReading: reads numbers that another process changes together, such as those that the
// supervisor moves when a server process has ended.
//
// The other process says by a counter when it changes them: the counter is odd meanwhile. A reading
// during which it has changed is repeated, but a counter that is odd for ever (the supervisor was
// killed, or a script has written over the memory) or changes all the time costs no more than
// kPatience and one reading.
//
// Owner: Metrics. Thread: any but a loop: it may wait.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include "base/clock.h"

namespace tusk::observe::inline scoreboard {

class StableReading {
 public:
  // The supervisor needs microseconds, if it gets a processor.
  static constexpr base::Duration kPatience = std::chrono::milliseconds(3);

  // Calls `read` once, and again as long as the numbers have changed meanwhile and there is time.
  template <class Read>
  void operator()(std::atomic<std::uint32_t>& changes, Read read) {
    const base::MonotonicTime until = base::now() + kPatience;
    for (;;) {
      const std::uint32_t before = await_end_of_change(changes, until);
      read();
      // Adds nothing: it is read after everything else, which a plain load would not promise.
      if (changes.fetch_add(0, std::memory_order_acq_rel) == before) return;
      if (base::now() >= until) return;
    }
  }

 private:
  std::uint32_t await_end_of_change(const std::atomic<std::uint32_t>& changes,
                                    base::MonotonicTime until) {
    for (;;) {
      const std::uint32_t seen = changes.load(std::memory_order_acquire);
      if (seen % 2 == 0 || seen == stuck_at_.load(std::memory_order_relaxed)) return seen;
      if (base::now() >= until) {
        stuck_at_.store(seen, std::memory_order_relaxed);
        return seen;
      }
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  }

  // The last odd number that was waited for in vain; 0: there is none.
  std::atomic<std::uint32_t> stuck_at_{0};
};

}  // namespace tusk::observe::inline scoreboard
