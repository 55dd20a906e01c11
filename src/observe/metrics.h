// Metrics: counters that threads update on the request path and that a scrape sums.
//
// Owner: the app owns the Metrics, which owns the shards and outlives every thread that counts.
// Thread: one thread at a time (a loop or a PHP worker) writes a MetricsShard, any thread reads it;
// Metrics any.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "observe/metrics_list.h"
#include "observe/process_stats.h"

namespace tusk::observe {

// Counting is a plain load, add and store on the thread's own cache line: no lock prefix, no
// sharing. A shard belongs to a place (loop 0, worker 3) and not to a thread: a restarted worker
// continues with the shard of its predecessor, so that counters never decrease.
class alignas(64) MetricsShard {
 public:
  // add<Metric::kBytesSent>(n): an unlabelled counter.
  template <Metric M>
  void add(std::uint64_t n = 1) noexcept {
    static_assert(spec_of(M).type == MetricType::kCounter && spec_of(M).labels.series() == 1);
    add_at<M>(0, n);
  }

  // adjust<Metric::kConnectionsOpen>(-1): an unlabelled gauge. One shard may subtract what another
  // has added: only the sum is shown.
  template <Metric M>
  void adjust(std::int64_t by) noexcept {
    static_assert(spec_of(M).type == MetricType::kGauge && spec_of(M).labels.series() == 1);
    add_at<M>(0, static_cast<std::uint64_t>(by));
  }

  void request_done(AnsweredBy answered_by, int status, base::Duration took) noexcept {
    const auto status_class = static_cast<std::size_t>(status >= 100 && status < 600  //
                                                           ? status / 100 - 1
                                                           : 4);
    add_at<Metric::kRequests>(
        static_cast<std::size_t>(answered_by) * std::size(kStatusClasses) + status_class, 1);
    observe<Metric::kRequestDuration>(took);
  }
  void queue_waited(base::Duration wait) noexcept { observe<Metric::kQueueWait>(wait); }
  void queue_rejected(Rejection why) noexcept {
    add_at<Metric::kQueueRejected>(static_cast<std::size_t>(why), 1);
  }
  void response_closed(Closed why) noexcept {
    add_at<Metric::kResponsesClosed>(static_cast<std::size_t>(why), 1);
  }
  void compression_begun(Coding coding) noexcept {
    add_at<Metric::kCompressions>(static_cast<std::size_t>(coding), 1);
  }
  void compressed(Coding coding, std::uint64_t from_bytes, std::uint64_t to_bytes) noexcept {
    add_at<Metric::kCompressionInput>(static_cast<std::size_t>(coding), from_bytes);
    add_at<Metric::kCompressionOutput>(static_cast<std::size_t>(coding), to_bytes);
  }
  void parse_error(int status) noexcept;
  void http2_violation(Http2Violation why) noexcept {
    add_at<Metric::kHttp2Violated>(static_cast<std::size_t>(why), 1);
  }
  void tls_handshake(TlsVersion version, bool resumed) noexcept {
    add_at<Metric::kTlsHandshakes>(
        static_cast<std::size_t>(version) * std::size(kTlsResumed) + (resumed ? 1 : 0), 1);
  }
  void tls_failure(TlsFailure why) noexcept {
    add_at<Metric::kTlsFailures>(static_cast<std::size_t>(why), 1);
  }
  void tls_reload(TlsReload result) noexcept {
    add_at<Metric::kTlsReloads>(static_cast<std::size_t>(result), 1);
  }

 private:
  friend class Metrics;

  struct Histogram {
    // The last one counts what exceeds every bound. The counts are not cumulative.
    std::array<std::atomic<std::uint64_t>, kBucketBounds_ns.size() + 1> counts{};
    std::atomic<std::uint64_t> sum_ns{0};
  };

  // Only this thread writes, so the read-modify-write need not be atomic; the relaxed atomic is for
  // the thread that scrapes.
  static void bump(std::atomic<std::uint64_t>& value, std::uint64_t n) noexcept {
    value.store(value.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  template <Metric M>
  void add_at(std::size_t series, std::uint64_t n) noexcept {
    static_assert(spec_of(M).source == MetricSource::kShards);
    bump(slots_[slot_of(M) + series], n);
  }

  template <Metric M>
  void observe(base::Duration took) noexcept {
    static_assert(spec_of(M).type == MetricType::kHistogram);
    const std::uint64_t ns = took.count() > 0 ? static_cast<std::uint64_t>(took.count()) : 0;
    std::size_t bucket = 0;
    while (bucket < kBucketBounds_ns.size() && ns > kBucketBounds_ns[bucket]) ++bucket;
    bump(histograms_[histogram_of(M)].counts[bucket], 1);
    bump(histograms_[histogram_of(M)].sum_ns, ns);
  }

  std::array<std::atomic<std::uint64_t>, kSlots> slots_{};
  std::array<Histogram, kHistograms> histograms_{};
};

// Adds one to a gauge while it lives. Can be moved, not copied.
template <Metric M>
class OpenCount {
 public:
  OpenCount() = default;
  explicit OpenCount(MetricsShard& shard) : shard_(&shard) { shard.adjust<M>(1); }
  OpenCount(OpenCount&& other) noexcept : shard_(std::exchange(other.shard_, nullptr)) {}
  OpenCount& operator=(OpenCount&& other) noexcept {
    std::swap(shard_, other.shard_);
    return *this;
  }
  ~OpenCount() {
    if (shard_ != nullptr) shard_->template adjust<M>(-1);
  }

 private:
  MetricsShard* shard_ = nullptr;
};

struct LabelledCount {
  std::string_view label;  // static
  std::uint64_t count = 0;
};

// Values that the caller of snapshot() knows.
struct Gauges {
  // By body and place: request in memory, request on disk, response in memory, response on disk.
  std::array<std::uint64_t, std::size(kBodies) * std::size(kPlaces)> bodies_held{};
  std::uint64_t queue_depth = 0;
  std::uint64_t queue_capacity = 0;
  std::uint64_t queue_stalled_seconds = 0;
  std::int64_t tls_expiry = 0;  // seconds since 1970
  std::uint64_t opcache_restarts = 0;
  std::uint64_t opcache_restarts_put_off = 0;
  bool opcache_restart_pending = false;
  std::vector<LabelledCount> workers;  // one for each state of a worker, also if it is 0
};

struct BuildInfo {
  std::string version;
  std::string php_version;  // empty: no PHP (stub)
  std::string executor;
};

struct HistogramSnapshot {
  std::array<std::uint64_t, kBucketBounds_ns.size() + 1> counts{};
  std::uint64_t sum_ns = 0;
};

struct Snapshot {
  std::array<std::uint64_t, kSlots> slots{};
  std::array<HistogramSnapshot, kHistograms> histograms{};
  Gauges gauges;
  ProcessStats process;
  BuildInfo build;
  std::uint64_t log_lines_dropped = 0;
};

// Keeps the shards of all threads and sums them for a scrape. The list of metrics is in
// observe/metrics_list.h.
class Metrics {
 public:
  explicit Metrics(BuildInfo build) : build_(std::move(build)) {}
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Returns a shard that lives as long as this object. At start-up, one for each loop and worker.
  MetricsShard& add_shard();

  Snapshot snapshot(Gauges gauges) const;

 private:
  const BuildInfo build_;
  mutable base::Mutex mutex_;
  // Guards the list, not the shards' contents.
  std::vector<std::unique_ptr<MetricsShard>> shards_ TUSK_GUARDED_BY(mutex_);
};

// The Prometheus text format, version 0.0.4.
std::string render_prometheus(const Snapshot& snapshot);
inline constexpr std::string_view kPrometheusContentType =
    "text/plain; version=0.0.4; charset=utf-8";

// The text of docs/metrics.md.
std::string metrics_reference();

}  // namespace tusk::observe
