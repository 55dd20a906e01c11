// SpanExporter: sends the spans of a SpanQueue to a collector, on a thread of its own.
//
// Owner: app::Serving. Thread: main; the exporter's own does the work.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "base/mutex.h"
#include "base/tracing/collector_url.h"
#include "observe/metrics.h"
#include "observe/tracing/otlp_json.h"
#include "observe/tracing/span_queue.h"

namespace tusk::observe::tracing {

// While the collector is unavailable, it tries again with growing pauses, and the queue drops what
// it has no room for. The log tells when the trouble begins and when it ends, not each attempt.
class SpanExporter {
 public:
  static constexpr std::chrono::milliseconds kFirstPause{500};
  static constexpr std::chrono::milliseconds kLongestPause{30'000};

  // `shard` is this object's alone.
  SpanExporter(std::shared_ptr<SpanQueue> queue, base::tracing::CollectorUrl collector,
               Resource resource, MetricsShard& shard);
  ~SpanExporter();  // waits for the thread, however long the resolver of names takes
  SpanExporter(const SpanExporter&) = delete;
  SpanExporter& operator=(const SpanExporter&) = delete;

  // Exports what is left, for at most `timeout`; the rest is lost. False: the thread still runs,
  // and uses this object.
  bool stop(std::chrono::milliseconds timeout);

 private:
  void run();
  void send(std::span<const RequestTrace> batch);
  bool hurried() const;

  const std::shared_ptr<SpanQueue> queue_;  // shared with the plan
  const base::tracing::CollectorUrl url_;
  const Resource resource_;
  MetricsShard& metrics_;
  std::atomic<std::chrono::steady_clock::time_point> give_up_at_;
  bool failing_ = false;  // the thread's
  base::Mutex mutex_;
  base::Condition end_;
  bool ended_ TUSK_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tusk::observe::tracing
