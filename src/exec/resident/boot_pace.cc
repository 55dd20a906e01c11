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
  up_.fetch_add(1, std::memory_order_acq_rel);
  const bool was_down = down_.exchange(false, std::memory_order_acq_rel);
  const auto failures = failures_.lock();
  has_failed_.store(false, std::memory_order_release);
  if (was_down) {
    observe::info("the resident script boots again",
                  {{"pool", pool_}, {"script", script_}, {"failed_boots", failures->count}});
  }
  *failures = {};
}

base::Duration BootPace::failed(int worker, int in_a_row, std::string_view reason) {
  const auto failures = failures_.lock();
  ++failures->count;
  const int doublings = std::clamp(in_a_row - 1, 0, 10);
  const base::Duration delay = std::min(kFirstDelay * (1 << doublings), kLongestDelay);
  delay_ns_.store(delay.count(), std::memory_order_relaxed);
  const bool none_is_up = up_.load(std::memory_order_acquire) == 0;
  if (none_is_up) down_.store(true, std::memory_order_release);
  has_failed_.store(true, std::memory_order_release);
  if (failures->last_reason == reason) return delay;
  failures->last_reason = reason;
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
