// TimeLimits: until when the script of one PHP thread may run, and how it is told to end.
//
// Two limits, both in wall-clock time without what the script waits for its client:
//   script   max_execution_time and set_time_limit(), as PHP sets it. The executable replaces
//            zend_set_timeout() and its like (time_limits.cc): PHP's own way costs a POSIX timer
//            per thread and several system calls per request.
//   request  REQUEST_TIMEOUT, or SSE_TIMEOUT.
//
// The watchdog compares and, when one has passed, sets EG(vm_interrupt), which PHP looks at between
// instructions, and signals the thread, which ends a system call it waits in (blocking_calls.cc
// ends those that PHP or a library would begin again). PHP then calls zend_interrupt_function,
// which is ours (script_interrupt.cc) and asks here what to do, in two steps: the script is unwound
// as exit() does it, so that C functions which called into it return, and close what they opened;
// where it is still there kUnwindTime later, it bails out. After a request limit the shutdown
// functions have kShutdownTime, again and again; a thread that does not react within kLostAfter is
// lost: it is inside a long internal function.
//
// Owner: an executor. Threads: watch() the watchdog, while a request runs; the rest its worker.
#pragma once

#include <atomic>
#include <chrono>

#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "exec/exchange.h"
#include "exec/executor.h"
#include "php/zend.h"

namespace tusk::php {

struct TimeLimitSettings {
  base::Duration request{};  // 0: none
  base::Duration sse{};
  base::Duration force_restart{};  // how long a script may put OPcache's restart off; 0: for ever
};

// What the script has to hear, and to do.
struct TimeNotice {
  bool script_over = false;   // max_execution_time
  bool request_over = false;  // REQUEST_TIMEOUT or SSE_TIMEOUT
  bool bail_out = false;      // it did not unwind when it was told to
  bool is_over() const { return script_over || request_over; }
};

class TimeLimits {
 public:
  // On the thread it is for, after its PHP globals exist.
  explicit TimeLimits(const TimeLimitSettings& settings);
  ~TimeLimits();
  TimeLimits(const TimeLimits&) = delete;
  TimeLimits& operator=(const TimeLimits&) = delete;

  // Installs the signal's handler. Main, once.
  static void install();
  // Of the calling thread; null on threads that run no PHP.
  static TimeLimits* current() noexcept;

  // --- worker ---
  void begin_request(const exec::Exchange& exchange, base::MonotonicTime since) noexcept;
  void end_request() noexcept;
  void is_event_stream() noexcept;    // the longer limit holds
  void response_finished() noexcept;  // the client has what it waits for: the limit is off
  void set_script_limit(zend_long seconds) noexcept;  // from now; 0: none
  // PHP asks, between instructions. From a notice until script_ended() the thread is told_to_end().
  TimeNotice take_notice() noexcept;
  // The script itself has been left; what follows are shutdown functions and the like.
  void script_ended() noexcept;
  // Do not go back to waiting.
  bool told_to_end() const noexcept;
  // In a process that the script forked: there is no watchdog, so the script's limit becomes a
  // timer of that process, as PHP-FPM's would be. REQUEST_TIMEOUT is the parent's.
  void enter_child() noexcept;
  base::Duration request_limit() const noexcept { return request_limit_; }
  // The request's limit was moved to now by end_for_restart().
  bool ended_for_restart() const noexcept { return for_restart_.load(std::memory_order_relaxed); }

  // --- watchdog ---
  exec::WatchResult watch(const exec::Exchange& exchange, base::MonotonicTime now) noexcept;
  // The request has put a restart of OPcache off for so long: its time is over, if that is too
  // long. True: for the first time.
  bool end_for_restart(const exec::Exchange& exchange, base::MonotonicTime now,
                       base::Duration delay) noexcept;
  bool is_too_long(base::Duration delay) const noexcept {
    return settings_.force_restart.count() != 0 && delay >= settings_.force_restart;
  }

 private:
  using Ticks = std::int64_t;  // ns of the script's clock: monotonic time without waiting

  enum class Stage : std::uint8_t {
    kRuns,
    kTold,    // by the watchdog; PHP has not noticed
    kUnwinds  // PHP has
  };

  Ticks script_now() const noexcept;
  TimeNotice what_is_over(Ticks now) const noexcept;
  void set_request_limit(base::Duration limit) noexcept;
  void arm_child_timer() noexcept;
  static void on_child_timer(int) noexcept;

  const TimeLimitSettings settings_;
  const pthread_t thread_;
  // This thread's flags. Atomics of PHP's own kind.
  zend_atomic_bool* const php_timed_out_;
  zend_atomic_bool* const php_interrupt_;

  const exec::Exchange* exchange_ = nullptr;  // worker only
  base::MonotonicTime since_{};               // worker only
  base::Duration request_limit_{};            // worker only
  Ticks unwound_until_ = 0;                   // worker only
  bool in_shutdown_ = false;                  // worker only
  bool shutdown_was_told_ = false;            // worker only
  bool in_child_ = false;
  timer_t child_timer_{};
  std::atomic<Ticks> script_until_;
  std::atomic<Ticks> request_until_;
  std::atomic<Stage> stage_{Stage::kRuns};
  std::atomic<bool> event_stream_{false};
  std::atomic<bool> for_restart_{false};
};

}  // namespace tusk::php
