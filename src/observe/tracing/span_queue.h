// SpanQueue: the spans that wait for the exporter.
//
// Owner: app::plan::ProcessPlan and the SpanExporter. Thread: push any, take the exporter's.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "base/mutex.h"
#include "observe/tracing/request_trace.h"

namespace tusk::observe::tracing {

// Whoever ends a request never waits: if the exporter does not keep up, spans are dropped. One of a
// batch wakes the exporter, not each.
class SpanQueue {
 public:
  static constexpr std::size_t kMaxWaiting = 4096;   // requests
  static constexpr std::size_t kBatch = 256;         // requests in one export
  static constexpr std::chrono::seconds kLinger{1};  // how long a span waits for others

  // False: there was no room, or close() was called.
  bool push(RequestTrace&& trace) noexcept;

  // Waits for spans, and then until there is a batch or kLinger has passed. Empty: close() was
  // called and nothing is left.
  std::vector<RequestTrace> take();

  // Waits, while the collector is unavailable. False: close() was called meanwhile.
  bool sleep(std::chrono::milliseconds time);

  // Nothing comes any more: what is left is handed out at once.
  void close() noexcept;
  bool closed() const noexcept;

 private:
  mutable base::Mutex mutex_;
  base::Condition news_;
  std::vector<RequestTrace> waiting_ TUSK_GUARDED_BY(mutex_);
  bool closed_ TUSK_GUARDED_BY(mutex_) = false;
};

}  // namespace tusk::observe::tracing
