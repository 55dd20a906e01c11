// The supervisor's state as one line of JSON, for `tusk status`.
//
// Thread: any; a pure function.
#pragma once

#include <array>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "supervisor/generation.h"
#include "supervisor/process_table.h"

namespace tusk::supervisor {

struct SupervisorState {
  std::string_view state;  // starting, serving, reloading, upgrading or stopping
  base::MonotonicTime started{};
  const Generation* current = nullptr;
  std::vector<ProcessStatus> processes{};   // as ProcessTable::statuses() has them
  std::vector<const Generation*> others{};  // the next one, and those that drain
  // Copied from ProcessTable::recyclings().
  std::array<std::uint64_t, std::size(observe::kProcessRecyclings)> recyclings{};
};

std::string status_json(const SupervisorState& state);

}  // namespace tusk::supervisor
