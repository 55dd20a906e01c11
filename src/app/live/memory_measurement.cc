#include "app/live/memory_measurement.h"

#include <utility>

namespace tusk::app::live {

std::optional<ProportionalMemory> MemoryMeasurement::take(const ProcessIds& others) {
  if (under_way_) {
    std::optional<ProportionalMemory> measured = std::exchange(*result_->lock(), std::nullopt);
    under_way_ = !measured;
    return measured;
  }
  // False: too many jobs wait.
  under_way_ =
      thread_.submit([result = result_, others] { *result->lock() = proportional_memory(others); });
  return std::nullopt;
}

}  // namespace tusk::app::live
