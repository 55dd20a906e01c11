#include "console/top/metrics_sample.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace tusk::console::top {

namespace {

bool parse(std::string_view text, double& number) {
  const char* const end = text.data() + text.size();
  if (text == "+Inf") {
    number = std::numeric_limits<double>::infinity();
    return true;
  }
  const auto parsed = std::from_chars(text.data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

double rate(const MetricsSample& before, const MetricsSample& now, std::string_view name,
            std::string_view label = {}) {
  const double seconds = base::seconds_between(before.taken(), now.taken());
  if (!(seconds > 0)) return 0;
  return std::max(0.0, (now.sum(name, label) - before.sum(name, label)) / seconds);
}

}  // namespace

// name{label="value",…} 12.5
MetricsSample::MetricsSample(std::string_view text, base::MonotonicTime taken) : taken_(taken) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t space = line.rfind(' ');
    if (line.starts_with('#') || space == std::string_view::npos) continue;
    double value = 0;
    if (!parse(line.substr(space + 1), value) || std::isnan(value)) continue;
    const std::string_view series = line.substr(0, space);
    const std::string_view name = series.substr(0, series.find('{'));
    series_.push_back({std::string(name), std::string(series.substr(name.size())), value});
  }
}

double MetricsSample::sum(std::string_view name, std::string_view label) const {
  double sum = 0;
  for (const Series& series : series_) {
    if (series.name == name && series.labels.contains(label)) sum += series.value;
  }
  return sum;
}

std::vector<std::pair<double, double>> MetricsSample::buckets(std::string_view histogram) const {
  constexpr std::string_view kBound = "le=\"";
  const std::string name = std::string(histogram) + "_bucket";
  std::vector<std::pair<double, double>> buckets;
  for (const Series& series : series_) {
    const std::size_t at = series.labels.find(kBound);
    if (series.name != name || at == std::string::npos) continue;
    const std::string_view rest = std::string_view(series.labels).substr(at + kBound.size());
    double bound = 0;
    if (parse(rest.substr(0, rest.find('"')), bound)) buckets.emplace_back(bound, series.value);
  }
  std::ranges::sort(buckets);
  return buckets;
}

std::optional<Percentiles> percentiles(const MetricsSample& before, const MetricsSample& now,
                                       std::string_view histogram) {
  const auto old = before.buckets(histogram);
  auto buckets = now.buckets(histogram);
  if (buckets.empty() || old.size() != buckets.size()) return std::nullopt;
  for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i].second -= old[i].second;
  const double count = buckets.back().second;
  if (!(count > 0)) return std::nullopt;
  Percentiles percentiles;
  for (std::size_t n = 0; n < Percentiles::kShares.size(); ++n) {
    const double rank = Percentiles::kShares[n] * count;
    std::size_t i = 0;
    while (i + 1 < buckets.size() && buckets[i].second < rank) ++i;
    const double lower = i > 0 ? buckets[i - 1].first : 0;
    const double below = i > 0 ? buckets[i - 1].second : 0;
    const auto [upper, up_to] = buckets[i];
    const bool divisible = std::isfinite(upper) && up_to > below;
    percentiles.seconds[n] =
        divisible ? lower + (upper - lower) * (rank - below) / (up_to - below) : lower;
  }
  return percentiles;
}

Overview overview_of(const MetricsSample* before, const MetricsSample& now) {
  Overview overview{.queue_depth = now.sum("tusk_queue_depth"),
                    .queue_capacity = now.sum("tusk_queue_capacity"),
                    .connections = now.sum("tusk_active_connections"),
                    .memory_bytes = now.sum("process_resident_memory_bytes"),
                    .workers_busy = now.sum("tusk_workers", R"(state="busy")"),
                    .workers_idle = now.sum("tusk_workers", R"(state="idle")"),
                    .workers_lost = now.sum("tusk_workers", R"(state="lost")"),
                    .processes = now.sum("tusk_processes"),
                    .generation = now.sum("tusk_generation"),
                    .crashes = now.sum("tusk_process_exits_total", R"(reason="signal")")};
  if (before == nullptr) return overview;
  overview.requests = rate(*before, now, "tusk_requests_total");
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    const std::string label = "class=\"" + std::string(kClasses[i]) + "\"";
    overview.by_class[i] = rate(*before, now, "tusk_requests_total", label);
  }
  overview.refused = rate(*before, now, "tusk_queue_rejected_total");
  overview.sent_bytes = rate(*before, now, "tusk_sent_bytes_total");
  overview.cpus = rate(*before, now, "process_cpu_seconds_total");
  overview.latency = percentiles(*before, now, "tusk_request_duration_seconds");
  overview.queue_wait = percentiles(*before, now, "tusk_queue_wait_seconds");
  return overview;
}

}  // namespace tusk::console::top
