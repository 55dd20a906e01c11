// Decides how a replaced blocking function of libc continues when a signal interrupts it (see
// blocking_calls.cc).
//
// Thread: any.
#pragma once

#include <cerrno>

#include "php/interrupt/time_limits.h"

namespace tusk::php::libc {

inline bool is_told_to_end() noexcept {
  const interrupt::TimeLimits* const limits = interrupt::TimeLimits::current();
  return limits != nullptr && limits->must_end();
}

// Turns EINTR into ETIMEDOUT if the thread was told to end, so that the caller does not try again.
template <class Result>
Result or_timed_out(Result result) noexcept {
  if (result < 0 && errno == EINTR && is_told_to_end()) errno = ETIMEDOUT;
  return result;
}

}  // namespace tusk::php::libc
