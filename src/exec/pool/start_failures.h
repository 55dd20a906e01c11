// StartFailures: attempts to start a pool's host or workers that have failed, and when the next one
// is due.
//
// Owner: a ProcessPool. Thread: any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/guarded.h"

namespace tusk::exec::pool {

class StartFailures {
 public:
  static constexpr base::Duration kFirstPause = std::chrono::milliseconds(100);
  static constexpr base::Duration kLongestPause = std::chrono::seconds(5);

  enum class Cause : std::uint8_t {
    kShortage,       // of processes, memory or descriptors: a later attempt may succeed
    kConfiguration,  // PHP does not start, or what is asked for cannot be had
  };

  // `shown_pool` is for the log, and outlives the object.
  explicit StartFailures(std::string_view shown_pool) : shown_pool_(shown_pool) {}
  StartFailures(const StartFailures&) = delete;
  StartFailures& operator=(const StartFailures&) = delete;

  // An attempt has failed. The log gets the reason unless the attempt before had the same.
  void note(std::string_view what, std::string_view reason, Cause cause);
  // A script has not booted. Its BootPace logs that.
  void note_boot(std::string reason);
  // A worker serves.
  void note_success();

  // Why the last attempt has failed; empty: it has not.
  std::string reason() const { return state_.lock()->reason; }
  // Whether the last attempt has failed for want of something that may be there later.
  bool is_shortage() const;
  // How long to wait before the next attempt: longer with each failure in a row.
  base::Duration pause() const;
  // The last attempt has failed, and not because a script does not boot. Takes no lock.
  bool cannot_start() const { return cannot_start_.load(std::memory_order_relaxed); }

 private:
  struct State {
    std::string reason;
    Cause cause = Cause::kConfiguration;
    int in_a_row = 0;
  };

  const std::string_view shown_pool_;
  std::atomic<bool> cannot_start_{false};  // changes under the lock, with the state
  mutable base::Guarded<State> state_;
};

}  // namespace tusk::exec::pool
