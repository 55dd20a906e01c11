#include "observe/tracing/span_exporter.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include <pthread.h>

#include "base/blocked_signals.h"
#include "observe/log.h"
#include "observe/tracing/collector.h"

namespace tusk::observe::tracing {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

std::uint64_t spans_in(std::span<const RequestTrace> batch) {
  std::uint64_t spans = 0;
  for (const RequestTrace& trace : batch) spans += trace.span_count();
  return spans;
}

}  // namespace

SpanExporter::SpanExporter(std::shared_ptr<SpanQueue> queue, base::tracing::CollectorUrl collector,
                           Resource resource, MetricsShard& shard)
    : queue_(std::move(queue)),
      url_(std::move(collector)),
      resource_(std::move(resource)),
      metrics_(shard),
      give_up_at_(steady_clock::time_point::max()) {
  const base::AllSignalsBlocked blocked;
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "tusk-traces");
    run();
    const base::MutexLock lock(mutex_);
    ended_ = true;
    end_.notify_all();
  });
}

SpanExporter::~SpanExporter() {
  stop(milliseconds(0));
  thread_.join();
}

bool SpanExporter::stop(milliseconds timeout) {
  // The thread notices within a moment that its time is over, unless it waits for a resolver.
  constexpr milliseconds kMoment{500};
  const auto until = steady_clock::now() + timeout;
  give_up_at_.store(until, std::memory_order_relaxed);
  queue_->close();
  base::MutexLock lock(mutex_);
  while (!ended_) {
    if (end_.wait_until(lock, until + kMoment) == std::cv_status::timeout) break;
  }
  return ended_;
}

bool SpanExporter::hurried() const {
  return steady_clock::now() >= give_up_at_.load(std::memory_order_relaxed);
}

void SpanExporter::run() {
  for (;;) {
    const std::vector<RequestTrace> batch = queue_->take();
    if (batch.empty()) {
      if (queue_->closed()) return;
      continue;
    }
    send(batch);
  }
}

// Returns when the batch is accepted, or lost.
void SpanExporter::send(std::span<const RequestTrace> batch) {
  Collector collector(url_, [this] { return hurried(); });
  const std::string json = to_otlp_json(batch, resource_);
  for (milliseconds pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    const Collector::Answer answer = collector.post(json);
    if (answer.outcome == Collector::Outcome::kAccepted) {
      metrics_.add<Metric::kSpansExported>(spans_in(batch));
      if (std::exchange(failing_, false)) info("the collector accepts spans again");
      return;
    }
    if (!std::exchange(failing_, true)) {
      warn("cannot export spans: they wait, and are dropped beyond a limit",
           {{"collector", url_.authority}, {"reason", answer.reason}});
    }
    const bool again = answer.outcome == Collector::Outcome::kUnavailable && !hurried();
    // After close() there is no pause that another process would be waited for.
    if (!again || !queue_->sleep(pause)) {
      metrics_.add<Metric::kSpansDropped>(spans_in(batch));
      return;
    }
  }
}

}  // namespace tusk::observe::tracing
