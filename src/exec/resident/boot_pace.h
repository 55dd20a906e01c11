// BootPace: how often the resident script of a pool is booted, and whether the pool is down.
//
// Owner: the WorkerPool. Threads: is_down() and retry_after() any; the rest the pool's workers.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/guarded.h"

namespace tusk::exec::resident {

// A script that ends before it asks for a request has failed to boot. The workers of its pool try
// again after a time that doubles with each of their failures in a row, and the log has the reason
// once. The pool is down while no worker has a booted script and the last boot has failed: its
// requests are answered 503.
class BootPace {
 public:
  static constexpr base::Duration kFirstDelay = std::chrono::milliseconds(250);
  static constexpr base::Duration kLongestDelay = std::chrono::seconds(10);

  // `pool` and `script` are for the log, and outlive the object.
  BootPace(std::string_view pool, std::string_view script) : pool_(pool), script_(script) {}
  BootPace(const BootPace&) = delete;
  BootPace& operator=(const BootPace&) = delete;

  // A worker's script has booted, and a booted script has ended.
  void booted();
  void ended();
  // A worker's boot has failed, `in_a_row` times. Returns how long it waits before it tries again.
  base::Duration failed(int worker, int in_a_row, std::string_view reason);

  // The last boot has failed.
  bool has_failed() const { return has_failed_.load(std::memory_order_acquire); }
  // Why; empty: it has not failed.
  std::string last_reason() const { return state_.lock()->last_reason; }

  bool is_down() const { return down_.load(std::memory_order_acquire); }
  // When a client that is refused because the pool is down may come back.
  base::Duration retry_after() const {
    return base::Duration(delay_ns_.load(std::memory_order_relaxed));
  }

 private:
  const std::string_view pool_;
  const std::string_view script_;
  std::atomic<bool> down_{false};
  std::atomic<bool> has_failed_{false};
  std::atomic<std::int64_t> delay_ns_{0};

  // The two flags above change under its lock, with it.
  struct State {
    int up = 0;  // workers with a booted script
    int failures = 0;
    std::string last_reason;  // it is in the log
  };
  mutable base::Guarded<State> state_;
};

}  // namespace tusk::exec::resident
