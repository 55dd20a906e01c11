// CpuMeter: the CPU time of each request of a worker.
//
// Owner: the source of a worker's requests. Thread: its worker.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <utility>

#include "base/clock.h"
#include "observe/scoreboard/metrics_shard.h"

namespace tusk::exec::observation {

using base::thread_cpu_time;

// It reads the thread's clock after a request, and the request gets what the thread has used since
// the last reading: a sleeping thread uses nothing. With what the worker itself does for a request,
// the sum of all requests is what the thread has used.
//
// A plain request takes some 10 µs, of which a system call would be a noticeable part. So the clock
// is read only after kUnread of work, or before the worker sleeps, and the requests since then
// share what was used in proportion to their time. None of them can be wrong by more than kUnread.
class CpuMeter {
 public:
  static constexpr base::Duration kUnread = std::chrono::microseconds(100);
  static constexpr std::size_t kMostUnread = 32;

  using Clock = base::Duration (*)() noexcept;
  // Called with the CPU time of each request.
  using Count = std::function<void(base::Duration)>;
  explicit CpuMeter(Count count, Clock clock = thread_cpu_time)
      : count_(std::move(count)), clock_(clock) {}
  explicit CpuMeter(observe::MetricsShard& metrics, Clock clock = thread_cpu_time)
      : CpuMeter([&metrics](base::Duration time) { metrics.php_used_cpu(time); }, clock) {}

  // Begins the first request's time: the time that the thread has used before belongs to no
  // request.
  void begin() { read_ = clock_(); }
  // A request has ended that the worker has worked on for `time`.
  void request_ended(base::Duration time);
  // Counts all requests that have ended. Call it before the worker sleeps or ends.
  void settle();

 private:
  const Count count_;
  const Clock clock_;
  base::Duration read_{};  // what the clock said last
  std::array<base::Duration, kMostUnread> times_{};
  std::size_t ended_ = 0;  // requests since then
  base::Duration total_{};
};

}  // namespace tusk::exec::observation
