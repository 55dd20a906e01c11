// SlowLog: logs requests that take long or use much memory, and boots of resident scripts that take
// long, while they run and when they end.
//
// Owner: the WorkerPools. Threads: watch() and end_of_tick() the watchdog, ended() and boot_ended()
// a worker, change() and is_on() any.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "exec/pool/worker_name.h"

namespace tusk::exec {
class Exchange;
class Executor;
class Reply;
}  // namespace tusk::exec

namespace tusk::exec::observation {

struct SlowLogSettings {
  base::Duration time{};           // zero: not by time
  std::uint64_t memory_bytes = 0;  // zero: not by memory

  bool operator==(const SlowLogSettings&) const = default;
};

// The time of a request is that of its script, as for request_timeout: from the moment when a
// worker takes it, without the time that it waits for its client. Event streams are long on purpose
// and are left out by time.
//
// The watchdog notices at its tick that a running request is over a limit, and asks its thread for
// a backtrace. If the thread waits in a system call, the backtrace is there at once. Otherwise it
// is logged at the next tick, because the watchdog does not wait; it is nevertheless of the moment
// when it was asked for.
class SlowLog {
 public:
  // Lines of running requests and of ended ones, each; further ones are counted.
  static constexpr std::uint64_t kLinesPerSecond = 10;

  explicit SlowLog(const SlowLogSettings& settings) { change(settings); }
  void change(const SlowLogSettings& settings) {
    time_.store(settings.time, std::memory_order_relaxed);
    memory_bytes_.store(settings.memory_bytes, std::memory_order_relaxed);
  }
  bool is_on() const { return time_limit().count() != 0 || memory_limit() != 0; }

  // Call it for each running request and each boot, inside RequestSource::visit().
  void watch(const pool::WorkerName& worker, const Exchange& exchange, Executor& executor,
             base::MonotonicTime now);
  // Call it when all running requests have been looked at.
  void end_of_tick(base::MonotonicTime now);

  // The script has ended; its response is not sent yet.
  void ended(const pool::WorkerName& worker, const Reply& reply, const Executor& executor,
             base::MonotonicTime now);
  // A resident script has asked for its first request, or has failed to boot.
  enum class BootEnd : std::uint8_t { kServes, kFailed };
  void boot_ended(const pool::WorkerName& worker, const Exchange& boot, BootEnd end,
                  base::MonotonicTime now);

 private:
  // A running request that is over a limit.
  struct Running {
    std::uint64_t key = 0;
    bool is_logged = false;
    bool was_seen = true;  // at this tick
  };
  // Counts the lines of a second.
  class Budget {
   public:
    bool take(base::MonotonicTime now);
    // How many lines were refused in a second that is over; 0 until then.
    std::uint64_t refused(base::MonotonicTime now);

   private:
    base::MonotonicTime since_{};
    std::uint64_t taken_ = 0;
    std::uint64_t refused_ = 0;
  };

  static std::uint64_t key_of(const Exchange& exchange);
  const char* reason(const Exchange& exchange, const Executor& executor, std::uint64_t memory_bytes,
                     base::MonotonicTime now) const;

  base::Duration time_limit() const { return time_.load(std::memory_order_relaxed); }
  std::uint64_t memory_limit() const { return memory_bytes_.load(std::memory_order_relaxed); }

  // Atomic: a reload changes them while requests run. Neither depends on the other.
  std::atomic<base::Duration> time_{};
  std::atomic<std::uint64_t> memory_bytes_{0};
  std::vector<Running> running_;  // watchdog only
  Budget running_lines_;          // watchdog only
  base::Guarded<Budget> ended_lines_;
};

}  // namespace tusk::exec::observation
