// ProcessFacts: what a server process and its supervisor say of the process, for all others.
//
// Owner: a place of the Scoreboard. Thread: the functions of its members say who writes; any thread
// of any process reads.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "observe/metrics_list.h"
#include "observe/scoreboard/opcache_use.h"
#include "observe/scoreboard/pool_facts.h"
#include "observe/scoreboard/worker_state.h"

namespace tusk::observe::inline scoreboard {

enum class ProcessPhase : std::uint32_t { kNone, kStarting, kServing, kDraining };

constexpr std::string_view to_string(ProcessPhase phase) noexcept {
  const auto index = static_cast<std::size_t>(phase);
  return index >= 1 && index <= std::size(kProcessPhases) ? kProcessPhases[index - 1] : "unknown";
}

// The values of a process that are not counted in shards (Gauges in observe/metrics.h). The process
// writes them once a second and at a scrape.
struct PublishedGauges {
  std::array<std::atomic<std::uint64_t>, std::size(kBodies) * std::size(kPlaces)> bodies_held{};
  std::atomic<std::uint64_t> queue_depth{0};
  std::atomic<std::uint64_t> queue_capacity{0};
  std::atomic<std::uint64_t> queue_stalled_seconds{0};
  std::atomic<std::int64_t> tls_expiry{0};
  std::atomic<std::uint64_t> opcache_restart_pending{0};
  std::array<std::atomic<std::uint64_t>, kOpcacheFigures> opcache{};
  std::array<std::atomic<std::uint64_t>, std::size(kWorkerStates)> workers{};
};

struct ProcessFacts {
  // Written by the supervisor, or by the process if it has none.
  alignas(64) std::atomic<std::int32_t> pid{0};  // 0: no process has the place
  std::atomic<ProcessPhase> phase{ProcessPhase::kNone};
  std::atomic<std::uint64_t> generation{0};
  std::atomic<std::int64_t> started_ns{0};  // of the monotonic clock

  // Written by the process: how many of the place's slots and shards are in use. `shards` never
  // becomes less, because counters of earlier processes are in them.
  alignas(64) std::atomic<std::uint32_t> workers{0};
  std::atomic<std::uint32_t> loops{0};
  std::atomic<std::uint32_t> shards{0};
  PublishedGauges gauges;

  // Written by the process. More than it can have at once (config::kMaxPools), because the pools of
  // earlier processes stay as long as there is room.
  static constexpr std::size_t kMostPools = 48;
  std::array<PublishedPool, kMostPools> pools{};

  // The pool of that name. If there is none it takes a free one, or else one of an earlier process.
  // Null: the process has more pools than there is room for. The process only.
  PublishedPool* pool(std::string_view name) {
    const std::string cut(name.substr(0, SharedName::kMostBytes));
    PublishedPool* found = nullptr;
    for (PublishedPool& each : pools) {
      const bool is_it = !each.is_free() && each.name() == cut;
      const bool is_better =
          found == nullptr ? !each.is_current() : each.is_free() && !found->is_free();
      if (is_it || is_better) found = &each;
      if (is_it) break;
    }
    if (found != nullptr && !found->is_current()) found->take(cut);
    return found;
  }
};

}  // namespace tusk::observe::inline scoreboard
