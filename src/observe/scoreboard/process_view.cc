#include "observe/scoreboard/process_view.h"

#include <algorithm>

namespace tusk::observe::inline scoreboard {

namespace {

// Workers of one process that are being written at the same time. Where there are more, a broken
// process has written over them: they are copied once each.
constexpr std::size_t kMostIncomplete = 8;

}  // namespace

ProcessView view_of(const Scoreboard& board, std::size_t place) {
  const ProcessFacts& facts = board.facts(place);
  ProcessView view;
  view.place = place;
  view.pid = facts.pid.load(std::memory_order_relaxed);
  view.generation = facts.generation.load(std::memory_order_relaxed);
  view.phase = facts.phase.load(std::memory_order_relaxed);
  view.started_ns = facts.started_ns.load(std::memory_order_relaxed);
  for (const WorkerSlot& slot : board.used_workers(place)) {
    WorkerView worker;
    const WorkerSlot::Read read =
        slot.read(worker, view.incomplete.size() < kMostIncomplete ? WorkerSlot::kMostCopies : 1);
    if (read == WorkerSlot::Read::kUnused) continue;
    if (read == WorkerSlot::Read::kPartial) view.incomplete.push_back(view.workers.size());
    view.workers.push_back(std::move(worker));
  }
  const std::span<const MetricsShard> shards = board.used_shards(place);
  for (const LoopSlot& slot : board.used_loops(place)) {
    LoopView loop{.last_turn_ns = slot.last_turn_ns()};
    if (slot.shard() < shards.size()) {
      const auto open =
          static_cast<std::int64_t>(shards[slot.shard()].slot(slot_of(Metric::kActiveConnections)));
      loop.connections = open > 0 ? static_cast<std::uint64_t>(open) : 0;
    }
    view.loops.push_back(loop);
  }
  return view;
}

std::vector<ProcessView> view_of_all(const Scoreboard& board) {
  std::vector<ProcessView> all;
  for (std::size_t place = 0; place < board.size().places; ++place) {
    if (board.facts(place).pid.load(std::memory_order_relaxed) == 0) continue;
    all.push_back(view_of(board, place));
  }
  return all;
}

ProcessCounts counts_of(const Scoreboard& board, std::size_t place) {
  ProcessCounts counts;
  for (const WorkerSlot& slot : board.used_workers(place)) {
    WorkerState state{};
    if (!slot.read_state(state)) continue;
    if (state == WorkerState::kIdle) {
      ++counts.idle;
    } else if (state == WorkerState::kBusy) {
      ++counts.busy;
    } else {
      ++counts.other;
    }
  }
  for (const MetricsShard& shard : board.used_shards(place)) {
    for (std::size_t i = 0; i < spec_of(Metric::kRequests).labels.series(); ++i) {
      counts.requests += shard.slot(slot_of(Metric::kRequests) + i);
    }
  }
  return counts;
}

double seconds_since(std::int64_t then_ns, std::int64_t now_ns) {
  return std::max(0.0, (static_cast<double>(now_ns) - static_cast<double>(then_ns)) / 1e9);
}

}  // namespace tusk::observe::inline scoreboard
