// TimeLimits: how long the script of one PHP thread may run, and how it is told to end.
//
// Owner: an executor. Threads: functions under "watchdog" the watchdog, while a request runs; the
// rest its worker.
#pragma once

#include <atomic>
#include <chrono>

#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "exec/exchange.h"
#include "exec/executor.h"
#include "php/settings.h"
#include "php/zend.h"

namespace tusk::php::interrupt {

// A notice to the script that its time has passed.
struct TimeNotice {
  bool script_expired = false;   // max_execution_time
  bool request_expired = false;  // REQUEST_TIMEOUT or SSE_TIMEOUT
  bool bail_out = false;         // it did not unwind when it was told to
  bool expired() const { return script_expired || request_expired; }
};

// In a worker process the server is the watchdog: the process tells it the times
// (tell_server_in()), and calls watch() when the server's signal has come.
//
// There are three limits. Two are in wall-clock time without the time that the script waits for its
// client:
//   script   max_execution_time and set_time_limit(), as PHP sets it. The executable replaces
//            zend_set_timeout() and related functions (time_limits.cc), because PHP's own way costs
//            a POSIX timer per thread and several system calls per request.
//   request  REQUEST_TIMEOUT, or SSE_TIMEOUT.
// The third is the CPU time of the thread, REQUEST_CPU_TIMEOUT_SECS. It cannot be used up before as
// much wall-clock time has passed: only then the watchdog looks at it. If it is, the request's time
// is over.
//
// The watchdog compares. When a limit has passed it sets EG(vm_interrupt), which PHP checks between
// instructions, and signals the thread, which ends a system call that the thread waits in
// (blocking_calls.cc ends those that PHP or a library would begin again). PHP then calls
// zend_interrupt_function, which is ours (script_interrupt.cc) and asks this class what to do.
// There are two steps: the script is unwound as by exit(), so that C functions which called into it
// return and close what they opened; if it is still there kUnwindTime later, it bails out. After a
// request limit, shutdown functions get kShutdownTime, again and again. A thread that does not
// react within kLostAfter is lost: it is inside a long-running internal function.
class TimeLimits {
 public:
  // Constructed on the thread that it is for, after the thread's PHP globals exist. Each request
  // begins with `first_limit`, and may use `cpu_limit`; 0: none.
  TimeLimits(const TimeLimitSettings& settings, base::Duration first_limit,
             base::Duration cpu_limit);
  ~TimeLimits();
  TimeLimits(const TimeLimits&) = delete;
  TimeLimits& operator=(const TimeLimits&) = delete;

  // Installs the signal's handler. Main, once.
  static void install();
  // The calling thread's. Null on threads that run no PHP.
  static TimeLimits* current() noexcept;

  // Where a worker process tells the server when its script's time is over, and when the script is
  // lost, in ns of the monotonic clock; 0: never.
  struct ToldTimes {
    std::atomic<std::int64_t>* deadline_ns = nullptr;
    std::atomic<std::int64_t>* lost_ns = nullptr;
  };
  // Main of a worker process, before it runs scripts.
  static void tell_server_in(const ToldTimes& times) noexcept;

  // --- worker ---
  void begin_request(const exec::Exchange& exchange, base::MonotonicTime since) noexcept;
  void end_request() noexcept;
  void use_event_stream_limit() noexcept;  // the longer limit applies
  void response_finished() noexcept;       // the client has its response: the limit is off
  void set_script_limit(zend_long seconds) noexcept;  // from now; 0: no limit
  // PHP asks between instructions. From a notice until script_ended() the thread is must_end().
  TimeNotice take_notice() noexcept;
  // The script has ended; shutdown functions and the like follow.
  void script_ended() noexcept;
  // The thread must not go back to waiting.
  bool must_end() const noexcept;
  // In a process that the script forked there is no watchdog, so the script's limit becomes a timer
  // of that process, as in PHP-FPM. REQUEST_TIMEOUT applies to the parent only.
  void enter_child() noexcept;
  base::Duration request_limit() const noexcept { return request_limit_; }
  base::Duration cpu_limit() const noexcept { return cpu_limit_; }
  // The request's limit was moved to now: by end_for_restart(), by end_now(), or because its CPU
  // time is used up.
  bool ended_for_restart() const noexcept { return for_restart_.load(std::memory_order_relaxed); }
  bool ended_for_shutdown() const noexcept { return for_shutdown_.load(std::memory_order_relaxed); }
  bool ended_for_cpu() const noexcept { return for_cpu_.load(std::memory_order_relaxed); }

  // The response is an event stream. Any thread.
  bool is_event_stream() const noexcept { return event_stream_.load(std::memory_order_relaxed); }

  // --- watchdog ---
  exec::WatchResult watch(const exec::Exchange& exchange, base::MonotonicTime now) noexcept;
  // The request has delayed a restart of OPcache for `delay`. If that is too long, its time is
  // over. True: for the first time.
  bool end_for_restart(const exec::Exchange& exchange, base::MonotonicTime now,
                       base::Duration delay) noexcept;
  // The server ends: the request's time is over, at the first call.
  void end_now(const exec::Exchange& exchange, base::MonotonicTime now) noexcept;
  bool delays_too_long(base::Duration delay) const noexcept {
    return settings_.force_restart.count() != 0 && delay >= settings_.force_restart;
  }

 private:
  // Ns of the script's clock: monotonic time without waiting for the client.
  using Ticks = std::int64_t;

  enum class Stage : std::uint8_t {
    kRunning,
    kNotified,  // by the watchdog; PHP has not noticed yet
    kUnwinding  // PHP has noticed
  };

  Ticks script_now() const noexcept;
  TimeNotice expired_at(Ticks now) const noexcept;
  void set_request_limit(base::Duration limit) noexcept;
  bool move_request_limit_to(Ticks now) noexcept;
  void look_at_cpu(Ticks now) noexcept;
  void tell_server() const noexcept;
  void arm_child_timer() noexcept;
  static void on_child_timer(int) noexcept;

  const TimeLimitSettings settings_;
  const base::Duration first_limit_;
  const base::Duration cpu_limit_;
  const pthread_t thread_;
  // This thread's flags, as PHP's own kind of atomics.
  zend_atomic_bool* const php_timed_out_;
  zend_atomic_bool* const php_interrupt_;

  const exec::Exchange* exchange_ = nullptr;  // worker only
  base::MonotonicTime since_{};               // worker only
  base::Duration request_limit_{};            // worker only
  Ticks unwind_until_ = 0;                    // worker only
  bool in_shutdown_ = false;                  // worker only
  bool shutdown_notified_ = false;            // worker only
  bool in_child_ = false;
  timer_t child_timer_{};
  std::atomic<Ticks> script_until_;
  std::atomic<Ticks> request_until_;
  std::atomic<Ticks> cpu_look_at_;  // when the CPU time may be used up
  std::atomic<std::int64_t> cpu_begun_ns_{0};
  std::atomic<Stage> stage_{Stage::kRunning};
  std::atomic<bool> event_stream_{false};
  std::atomic<bool> for_restart_{false};
  std::atomic<bool> for_shutdown_{false};
  std::atomic<bool> for_cpu_{false};
};

}  // namespace tusk::php::interrupt
