#include "php/resident/doctor/growth.h"

namespace tusk::php::resident::doctor {

void SteadyGrowth::begin_window(std::uint64_t value) noexcept {
  steps_ = 0;
  rises_ = 0;
  begin_ = value;
}

bool SteadyGrowth::add(std::uint64_t value) noexcept {
  const std::uint64_t previous = last_;
  last_ = value;
  if (warmed_up_ < kWarmUp) {
    ++warmed_up_;
    return false;
  }
  if (steps_ < 0 || value < previous) {
    begin_window(value);
    return false;
  }
  ++steps_;
  if (value > previous) ++rises_;
  if (steps_ < kWindow) return false;
  const bool grows = 2 * rises_ >= kWindow;
  first_ = begin_;
  begin_window(value);
  return grows;
}

}  // namespace tusk::php::resident::doctor
