// ProcessView: a copy of what the scoreboard says of one server process, for people and reports.
//
// Another process has written it, perhaps a broken one. No text or number in it is trusted to be
// right, but each has a bounded size.
//
// Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "observe/scoreboard/process_facts.h"
#include "observe/scoreboard/scoreboard.h"
#include "observe/scoreboard/worker_slot.h"

namespace tusk::observe::inline scoreboard {

struct LoopView {
  std::int64_t last_turn_ns = 0;  // of the monotonic clock; 0: none yet
  std::uint64_t connections = 0;
};

struct ProcessView {
  std::size_t place = 0;
  std::int32_t pid = 0;
  std::uint64_t generation = 0;
  ProcessPhase phase = ProcessPhase::kNone;
  std::int64_t started_ns = 0;
  std::vector<WorkerView> workers;
  // Indices of workers that were writing, or were killed while they wrote: texts may be mixed.
  std::vector<std::size_t> incomplete;
  std::vector<LoopView> loops;
};

ProcessView view_of(const Scoreboard& board, std::size_t place);
// Views of every place that has a process, in the order of the places.
std::vector<ProcessView> view_of_all(const Scoreboard& board);

// Without the texts, for a summary.
struct ProcessCounts {
  std::uint64_t idle = 0;
  std::uint64_t busy = 0;
  std::uint64_t other = 0;  // starting, lost or stopped
  // Answered by this process and by those that had its place before.
  std::uint64_t requests = 0;
};
ProcessCounts counts_of(const Scoreboard& board, std::size_t place);

// Whole seconds and more from a time of the monotonic clock that another process has written.
double seconds_since(std::int64_t then_ns, std::int64_t now_ns);

}  // namespace tusk::observe::inline scoreboard
