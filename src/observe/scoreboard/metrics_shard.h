// MetricsShard: the counters of one thread.
//
// Owner: a place of the Scoreboard. Thread: one thread at a time (a loop or a PHP worker) writes
// it, any thread of any process reads it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

#include "base/clock.h"
#include "observe/metrics_list.h"
#include "observe/scoreboard/shard_histogram.h"

namespace tusk::observe::inline scoreboard {

// Counting is a plain load, add and store on the thread's own cache line: no lock prefix, no
// sharing. A shard belongs to a position (loop 0, worker 3) and not to a thread: a restarted worker
// continues with the shard of its predecessor, and a process with that of the process before it, so
// that counters never decrease.
//
// It lies in memory that processes share (scoreboard.h): it has no pointers, and all zero bytes are
// a new one.
class alignas(64) MetricsShard {
 public:
  static constexpr std::size_t kBuckets = ShardHistogram::kBuckets;

  // add<Metric::kBytesSent>(n): an unlabelled counter.
  template <Metric M>
  void add(std::uint64_t n = 1) noexcept {
    static_assert(spec_of(M).type == MetricType::kCounter && spec_of(M).labels.series() == 1);
    add_at<M>(0, n);
  }

  // adjust<Metric::kActiveConnections>(-1): an unlabelled gauge. One shard may subtract what
  // another has added: only the sum is shown.
  template <Metric M>
  void adjust(std::int64_t by) noexcept {
    static_assert(spec_of(M).type == MetricType::kGauge && spec_of(M).labels.series() == 1);
    add_at<M>(0, static_cast<std::uint64_t>(by));
  }

  // set<Metric::kRealpathBytes>(n): an unlabelled gauge of which each shard has its own value.
  template <Metric M>
  void set(std::uint64_t value) noexcept {
    static_assert(spec_of(M).type == MetricType::kGauge && spec_of(M).labels.series() == 1);
    static_assert(spec_of(M).source == MetricSource::kShards);
    slots_[slot_of(M)].store(value, std::memory_order_relaxed);
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
  void php_took(base::Duration time) noexcept { observe<Metric::kPhpDuration>(time); }
  void php_used_cpu(base::Duration time) noexcept { observe<Metric::kPhpCpu>(time); }
  // What a worker process has counted.
  void php_used_cpu(const ShardHistogram::Values& times) noexcept {
    histograms_[histogram_of(Metric::kPhpCpu)].add(times);
  }
  void php_used_memory(std::uint64_t bytes) noexcept {
    observe_value<Metric::kPhpMemoryPeak>(bytes);
  }
  void queue_rejected(Rejection why) noexcept {
    add_at<Metric::kQueueRejected>(static_cast<std::size_t>(why), 1);
  }
  void connection_refused(Refusal why) noexcept {
    add_at<Metric::kConnectionsRefused>(static_cast<std::size_t>(why), 1);
  }
  void opcache_restarted(OpcacheRestartReason why, std::uint64_t times) noexcept {
    add_at<Metric::kOpcacheRestarts>(static_cast<std::size_t>(why), times);
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
  void reload(ReloadResult result) noexcept {
    add_at<Metric::kReloads>(static_cast<std::size_t>(result), 1);
  }
  void process_recycled(ProcessRecycling reason) noexcept {
    add_at<Metric::kRecycledProcesses>(static_cast<std::size_t>(reason), 1);
  }
  void worker_recycled(WorkerRecycling reason) noexcept {
    add_at<Metric::kRecycledWorkers>(static_cast<std::size_t>(reason), 1);
  }
  void process_exit(ProcessExit reason) noexcept {
    add_at<Metric::kProcessExits>(static_cast<std::size_t>(reason), 1);
  }

  // Any thread. Do not trust the value to be what a thread has counted: another process may have
  // written it.
  std::uint64_t slot(std::size_t index) const noexcept {
    return slots_[index].load(std::memory_order_relaxed);
  }
  std::uint64_t bucket(std::size_t histogram, std::size_t index) const noexcept {
    return histograms_[histogram].counts[index].load(std::memory_order_relaxed);
  }
  // In nanoseconds or bytes, by the histogram's unit.
  std::uint64_t sum(std::size_t histogram) const noexcept {
    return histograms_[histogram].sum.load(std::memory_order_relaxed);
  }

  // The threads that counted are gone: their counters stay, their gauges (open connections, say)
  // do not.
  void clear_gauges() noexcept;

 private:
  template <Metric M>
  void add_at(std::size_t series, std::uint64_t n) noexcept {
    static_assert(spec_of(M).source == MetricSource::kShards);
    ShardHistogram::bump(slots_[slot_of(M) + series], n);
  }

  template <Metric M>
  void observe(base::Duration took) noexcept {
    static_assert(unit_of(M) == HistogramUnit::kSeconds);
    observe_value<M>(took.count() > 0 ? static_cast<std::uint64_t>(took.count()) : 0);
  }

  template <Metric M>
  void observe_value(std::uint64_t value) noexcept {
    static_assert(spec_of(M).type == MetricType::kHistogram && bounds_of(M).size() < kBuckets);
    histograms_[histogram_of(M)].add(bounds_of(M), value);
  }

  std::array<std::atomic<std::uint64_t>, kSlots> slots_{};
  std::array<ShardHistogram, kHistograms> histograms_{};
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

}  // namespace tusk::observe::inline scoreboard
