// Clock: monotonic time in nanoseconds. Loops cache a reading of it (net::Loop::now).
//
// Thread: any.
#pragma once

#include <chrono>

namespace tusk::base {

using MonotonicTime = std::chrono::steady_clock::time_point;
using Duration = std::chrono::nanoseconds;

// One vDSO call, about 20 ns.
inline MonotonicTime now() noexcept { return std::chrono::steady_clock::now(); }

inline double seconds_between(MonotonicTime from, MonotonicTime to) noexcept {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace tusk::base
