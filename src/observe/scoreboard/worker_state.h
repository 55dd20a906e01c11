// WorkerState: what a PHP worker does. Its names are the label values of the metric.
//
// Thread: any (constants only).
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "observe/metrics_list.h"

namespace tusk::observe::inline scoreboard {

enum class WorkerState : std::uint8_t {
  kStarting,
  kIdle,
  kBusy,
  kLost,  // given up: its script is past its time and does not end, or has crashed
  kStopped,
  kBooting  // its resident script runs, and has not asked for a request yet
};
inline constexpr WorkerState kWorkerStates[] = {WorkerState::kStarting, WorkerState::kIdle,
                                                WorkerState::kBusy,     WorkerState::kLost,
                                                WorkerState::kStopped,  WorkerState::kBooting};

static_assert(std::size(kWorkerStates) == std::size(kWorkerStateNames));

constexpr std::string_view to_string(WorkerState state) noexcept {
  return kWorkerStateNames[static_cast<std::size_t>(state)];
}

}  // namespace tusk::observe::inline scoreboard
