// Clock: monotonic time in nanoseconds, of which loops cache a reading (net::Loop::now), and the
// CPU time of a thread.
//
// Thread: any.
#pragma once

#include <chrono>
#include <ctime>

namespace tusk::base {

using MonotonicTime = std::chrono::steady_clock::time_point;
using Duration = std::chrono::nanoseconds;

// One vDSO call, about 20 ns.
inline MonotonicTime now() noexcept { return std::chrono::steady_clock::now(); }

// Returns the CPU time that the calling thread has used so far. This is a system call of 0.2 µs.
inline Duration thread_cpu_time() noexcept {
  timespec time{};
  (void)::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

inline double seconds_between(MonotonicTime from, MonotonicTime to) noexcept {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace tusk::base
