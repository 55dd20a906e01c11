// ShardHistogram: a histogram that one thread adds to, and any thread of any process reads.
//
// Owner: a MetricsShard, or the region of a worker process. All zero bytes are an empty one.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "observe/metrics_list.h"

namespace tusk::observe::inline scoreboard {

struct ShardHistogram {
  static constexpr std::size_t kBuckets = kBucketBounds_ns.size() + 1;

  // A copy. Another process may have written anything.
  struct Values {
    std::array<std::uint64_t, kBuckets> counts{};
    std::uint64_t sum = 0;
  };

  // The one behind the last bound counts what exceeds every bound. The counts are not cumulative.
  std::array<std::atomic<std::uint64_t>, kBuckets> counts{};
  std::atomic<std::uint64_t> sum{0};

  // Only this thread writes, so the read-modify-write need not be atomic; the relaxed atomic is for
  // the thread that reads.
  static void bump(std::atomic<std::uint64_t>& value, std::uint64_t n) noexcept {
    value.store(value.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void add(std::span<const std::uint64_t> bounds, std::uint64_t value) noexcept {
    std::size_t bucket = 0;
    while (bucket < bounds.size() && value > bounds[bucket]) ++bucket;
    bump(counts[bucket], 1);
    bump(sum, value);
  }
  void add(const Values& values) noexcept {
    for (std::size_t i = 0; i < kBuckets; ++i) bump(counts[i], values.counts[i]);
    bump(sum, values.sum);
  }
  Values read() const noexcept {
    Values values;
    for (std::size_t i = 0; i < kBuckets; ++i)
      values.counts[i] = counts[i].load(std::memory_order_relaxed);
    values.sum = sum.load(std::memory_order_relaxed);
    return values;
  }
};

}  // namespace tusk::observe::inline scoreboard
