// Metrics: the sum of what all threads of all server processes have counted.
//
// Owner: app::Serving. It owns this process's place in the scoreboard and outlives every thread
// that counts. Thread: publish() and snapshot() main; sum() any but a loop, because it may wait for
// some milliseconds; the rest any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "observe/metrics_list.h"
#include "observe/process_stats.h"
#include "observe/scoreboard/own_place.h"
#include "observe/scoreboard/scoreboard.h"
#include "observe/scoreboard/stable_reading.h"

namespace tusk::observe {

// Values of this process that are not counted in shards. A Snapshot has those of all processes.
struct Gauges {
  // Bytes by body and place: request in memory, request on disk, response in memory, response on
  // disk.
  std::array<std::uint64_t, std::size(kBodies) * std::size(kPlaces)> bodies_held{};
  std::uint64_t queue_depth = 0;
  std::uint64_t queue_capacity = 0;
  std::uint64_t queue_stalled_seconds = 0;
  std::int64_t tls_expiry = 0;  // seconds since 1970
  OpcacheState opcache{};       // Metrics adds what is new of its counts to a shard
  std::array<std::uint64_t, std::size(kWorkerStates)> workers{};  // by state
  std::vector<PoolFigures> pools{};  // with the counts of the process, or of all
  // Set by snapshot().
  std::uint64_t generation = 0;
  std::array<std::uint64_t, std::size(kProcessPhases)> processes{};  // by phase
};

struct BuildInfo {
  std::string version;
  std::string php_version;  // empty: no PHP (stub)
  std::string executor;
};

struct HistogramSnapshot {
  std::array<std::uint64_t, MetricsShard::kBuckets> counts{};
  std::uint64_t sum = 0;  // nanoseconds or bytes, by the histogram's unit
};

struct Snapshot {
  std::array<std::uint64_t, kSlots> slots{};
  std::array<HistogramSnapshot, kHistograms> histograms{};
  Gauges gauges;
  ProcessStats process;
  BuildInfo build;
};

class Metrics {
 public:
  explicit Metrics(BuildInfo build, std::unique_ptr<OwnPlace> place = OwnPlace::make_private());
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  OwnPlace& place() { return *place_; }
  const Scoreboard& board() const { return place_->board(); }

  // Returns a shard that lives as long as this object. At start-up, one for each loop and worker.
  MetricsShard& add_shard() { return place_->add_shard(); }

  // Shows the values to other processes. Call it once a second.
  void publish(const Gauges& gauges);

  // Publishes the values, and returns the sum over all processes. The list of metrics is in
  // observe/metrics_list.h.
  Snapshot snapshot(const Gauges& gauges);
  // The same, with the values that were published last.
  Snapshot sum();
  // The open connections of all processes, without a sum of everything.
  std::uint64_t active_connections() const;

 private:
  // Counts of other objects: the values that are included in own_ already.
  struct CountedElsewhere {
    OpcacheState opcache{};
    std::uint64_t log_lines_dropped = 0;
    std::vector<PoolCounts> pools{};
  };
  void count(const OpcacheState& opcache);
  void publish(const std::vector<PoolFigures>& pools);

  const BuildInfo build_;
  const std::unique_ptr<OwnPlace> place_;
  MetricsShard& own_;         // of main
  CountedElsewhere counted_;  // what own_ has of it
  StableReading reading_;
};

// The Prometheus text format, version 0.0.4.
std::string render_prometheus(const Snapshot& snapshot);
inline constexpr std::string_view kPrometheusContentType =
    "text/plain; version=0.0.4; charset=utf-8";

// The text of docs/metrics.md.
std::string metrics_reference();

}  // namespace tusk::observe
