#include "observe/metrics.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "observe/log.h"

namespace tusk::observe {

// kInfo closes the list (metrics_list.h).
static_assert(kMetrics[std::size(kMetrics) - 1].id == Metric::kInfo);
static_assert(std::ranges::is_sorted(kBucketBounds_ns));

void MetricsShard::parse_error(int status) noexcept {
  const std::size_t other = std::size(kParseStatuses) - 1;
  std::size_t series = 0;
  while (series < other) {
    const std::string_view text = kParseStatuses[series];
    const int candidate = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
    if (candidate == status) break;
    ++series;
  }
  add_at<Metric::kParseErrors>(series, 1);
}

MetricsShard& Metrics::add_shard() {
  const base::MutexLock lock(mutex_);
  return *shards_.emplace_back(std::make_unique<MetricsShard>());
}

Snapshot Metrics::snapshot(Gauges gauges) const {
  Snapshot sum;
  sum.gauges = std::move(gauges);
  sum.process = read_process_stats();
  sum.build = build_;
  sum.log_lines_dropped = lines_dropped();

  const base::MutexLock lock(mutex_);
  for (const std::unique_ptr<MetricsShard>& shard : shards_) {
    for (std::size_t i = 0; i < kSlots; ++i) {
      sum.slots[i] += shard->slots_[i].load(std::memory_order_relaxed);
    }
    for (std::size_t h = 0; h < kHistograms; ++h) {
      const MetricsShard::Histogram& from = shard->histograms_[h];
      HistogramSnapshot& to = sum.histograms[h];
      for (std::size_t b = 0; b < to.counts.size(); ++b) {
        to.counts[b] += from.counts[b].load(std::memory_order_relaxed);
      }
      to.sum_ns += from.sum_ns.load(std::memory_order_relaxed);
    }
  }
  return sum;
}

}  // namespace tusk::observe
