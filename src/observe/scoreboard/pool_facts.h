// PoolCounters, PublishedPool, PoolFigures: what is known of one pool of workers, while it counts,
// in the scoreboard, and as a copy.
//
// Owner: PoolCounters the pool's, PublishedPool a place of the Scoreboard. Thread: any; publish()
// main.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>

#include "observe/metrics_list.h"

namespace tusk::observe::inline scoreboard {

// The positions of a pool's counts. Where a metric has a second label, one follows for each value.
enum PoolCount : std::size_t {
  kPoolRequests,
  kPoolRejected,
  kPoolRecycled = kPoolRejected + std::size(kRejections),
  kPoolBoots = kPoolRecycled + std::size(kWorkerRecyclings),
  kPoolBootFailures,
  kPoolResized,
  kPoolProcessCpu = kPoolResized + std::size(kPoolResizings),  // in nanoseconds
  kPoolCounts,
};
using PoolCounts = std::array<std::uint64_t, kPoolCounts>;

// Counts of this process. Everything here is rare, so threads share the counters; the requests that
// run are counted by each worker for itself.
class PoolCounters {
 public:
  void rejected(Rejection why) noexcept { add(kPoolRejected + static_cast<std::size_t>(why)); }
  void recycled(WorkerRecycling why) noexcept {
    add(kPoolRecycled + static_cast<std::size_t>(why));
  }
  // A resident script has asked for its first request, or has ended before.
  void worker_booted() noexcept { add(kPoolBoots); }
  void worker_boot_failed() noexcept { add(kPoolBootFailures); }
  void resized(PoolResizing how) noexcept { add(kPoolResized + static_cast<std::size_t>(how)); }

  // Without the requests, and the processes' time.
  PoolCounts read() const noexcept {
    PoolCounts counts{};
    for (std::size_t i = 0; i < kPoolCounts; ++i)
      counts[i] = values_[i].load(std::memory_order_relaxed);
    return counts;
  }

 private:
  void add(std::size_t count) noexcept { values_[count].fetch_add(1, std::memory_order_relaxed); }

  std::array<std::atomic<std::uint64_t>, kPoolCounts> values_{};
};

// A copy, of this process or of all.
struct PoolFigures {
  std::string name;
  std::uint64_t queue_depth = 0;
  std::uint64_t queue_capacity = 0;
  std::array<std::uint64_t, std::size(kWorkerStateNames)> workers{};  // by state
  PoolCounts counts{};
};

// A short name in memory that processes share. A reader that comes while it is written sees a mixed
// one, of bounded length.
class SharedName {
 public:
  static constexpr std::size_t kMostBytes = 40;

  void store(std::string_view name) noexcept {
    std::array<std::uint64_t, kWords> words{};
    std::memcpy(words.data(), name.data(), std::min(name.size(), kMostBytes));
    for (std::size_t i = 0; i < kWords; ++i) words_[i].store(words[i], std::memory_order_relaxed);
  }
  std::string load() const {
    std::array<std::uint64_t, kWords> words{};
    for (std::size_t i = 0; i < kWords; ++i) words[i] = words_[i].load(std::memory_order_relaxed);
    const char* const text = reinterpret_cast<const char*>(words.data());
    return {text, ::strnlen(text, kMostBytes)};
  }

 private:
  static constexpr std::size_t kWords = kMostBytes / sizeof(std::uint64_t);
  std::array<std::atomic<std::uint64_t>, kWords> words_{};
};

// A pool of a place. It keeps its counts when its process has ended, and a process with a pool of
// that name goes on counting. Where there is no room, another pool takes its place.
class PublishedPool {
 public:
  // No pool has it yet.
  bool is_free() const noexcept { return use() == Use::kFree; }
  // The process that has the place has this pool.
  bool is_current() const noexcept { return use() == Use::kCurrent; }
  std::string name() const { return name_.load(); }
  // From now on it is the pool of that name. It counts from zero if it was another one.
  void take(std::string_view name) noexcept {
    if (is_free() || name_.load() != name) {
      for (auto& count : counts_) count.store(0, std::memory_order_relaxed);
      name_.store(name);
    }
    use_.store(Use::kCurrent, std::memory_order_release);
  }
  // `added`: what was counted since the last call.
  void publish(const PoolFigures& pool, const PoolCounts& added) noexcept {
    depth_.store(pool.queue_depth, std::memory_order_relaxed);
    capacity_.store(pool.queue_capacity, std::memory_order_relaxed);
    for (std::size_t i = 0; i < workers_.size(); ++i)
      workers_[i].store(pool.workers[i], std::memory_order_relaxed);
    for (std::size_t i = 0; i < kPoolCounts; ++i)
      counts_[i].fetch_add(added[i], std::memory_order_relaxed);
  }
  // Its process has ended.
  void clear_gauges() noexcept {
    if (is_current()) use_.store(Use::kKept, std::memory_order_relaxed);
    depth_.store(0, std::memory_order_relaxed);
    capacity_.store(0, std::memory_order_relaxed);
    for (auto& workers : workers_) workers.store(0, std::memory_order_relaxed);
  }
  void add_to(PoolFigures& sum) const noexcept {
    sum.queue_depth += depth_.load(std::memory_order_relaxed);
    sum.queue_capacity += capacity_.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < workers_.size(); ++i)
      sum.workers[i] += workers_[i].load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < kPoolCounts; ++i)
      sum.counts[i] += counts_[i].load(std::memory_order_relaxed);
  }

 private:
  enum class Use : std::uint64_t {
    kFree,
    kKept,  // of a process that has ended
    kCurrent,
  };
  Use use() const noexcept { return use_.load(std::memory_order_acquire); }

  std::atomic<Use> use_{Use::kFree};
  SharedName name_;
  std::atomic<std::uint64_t> depth_{0};
  std::atomic<std::uint64_t> capacity_{0};
  std::array<std::atomic<std::uint64_t>, std::size(kWorkerStateNames)> workers_{};
  std::array<std::atomic<std::uint64_t>, kPoolCounts> counts_{};
};

}  // namespace tusk::observe::inline scoreboard
