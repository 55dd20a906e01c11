#include "exec/resident/boot_pace.h"

#include <algorithm>
#include <functional>

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
  if (was_down) {
    observe::info("the resident script boots again",
                  {{"pool", pool_}, {"script", script_}, {"failed_boots", failures->in_a_row}});
  }
  *failures = {};
}

base::Duration BootPace::failed(int worker, std::string_view reason) {
  const auto failures = failures_.lock();
  const int doublings = std::min(failures->in_a_row++, 10);
  const base::Duration delay = std::min(kFirstDelay * (1 << doublings), kLongestDelay);
  delay_ns_.store(delay.count(), std::memory_order_relaxed);
  const bool none_is_up = up_.load(std::memory_order_acquire) == 0;
  if (none_is_up) down_.store(true, std::memory_order_release);
  const std::uint64_t hash = std::hash<std::string_view>()(reason) | 1;
  if (failures->reason == hash) return delay;
  failures->reason = hash;
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
