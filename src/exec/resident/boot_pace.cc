#include "exec/resident/boot_pace.h"

#include <algorithm>

#include "observe/log.h"

namespace tusk::exec::resident {

namespace {

std::int64_t in_milliseconds(base::Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace

void BootPace::booted() {
  const auto state = state_.lock();
  ++state->up;
  const bool was_down = down_.load(std::memory_order_relaxed);
  has_failed_.store(false, std::memory_order_release);
  down_.store(false, std::memory_order_release);
  if (was_down) {
    observe::info("the resident script boots again",
                  {{"pool", pool_}, {"script", script_}, {"failed_boots", state->failures}});
  }
  state->failures = 0;
  state->last_reason.clear();
}

void BootPace::ended() { --state_.lock()->up; }

base::Duration BootPace::failed(int worker, int in_a_row, std::string_view reason) {
  const auto state = state_.lock();
  ++state->failures;
  const int doublings = std::clamp(in_a_row - 1, 0, 10);
  const base::Duration delay = std::min(kFirstDelay * (1 << doublings), kLongestDelay);
  delay_ns_.store(delay.count(), std::memory_order_relaxed);
  const bool none_is_up = state->up <= 0;
  if (none_is_up) down_.store(true, std::memory_order_release);
  has_failed_.store(true, std::memory_order_release);
  if (state->last_reason == reason) return delay;
  state->last_reason = reason;
  observe::error(none_is_up ? "the resident script does not boot: its pool answers 503"
                            : "the resident script does not boot",
                 {{"pool", pool_},
                  {"worker", worker},
                  {"script", script_},
                  {"reason", reason},
                  {"next_try_ms", in_milliseconds(delay)}});
  return delay;
}

}  // namespace tusk::exec::resident
