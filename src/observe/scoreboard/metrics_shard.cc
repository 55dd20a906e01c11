#include "observe/scoreboard/metrics_shard.h"

namespace tusk::observe::inline scoreboard {

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

void MetricsShard::clear_gauges() noexcept {
  for (const MetricSpec& spec : kMetrics) {
    if (spec.source != MetricSource::kShards || spec.type != MetricType::kGauge) continue;
    for (std::size_t i = 0; i < spec.labels.series(); ++i) {
      slots_[slot_of(spec.id) + i].store(0, std::memory_order_relaxed);
    }
  }
}

}  // namespace tusk::observe::inline scoreboard
