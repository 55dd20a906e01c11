// Rendering of the metrics: the Prometheus text format, and the reference page.
#include <algorithm>
#include <iterator>
#include <locale>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "base/check.h"
#include "observe/metrics.h"

namespace tusk::observe {
namespace {

using prometheus::ClientMetric;
using Series = std::vector<ClientMetric>;

// Slots count modulo 2^64, and a gauge may seem negative while two shards are read one by one.
double number(MetricType type, std::uint64_t slot) {
  if (type != MetricType::kGauge) return static_cast<double>(slot);
  const auto value = static_cast<std::int64_t>(slot);
  return value > 0 ? static_cast<double>(value) : 0;
}

ClientMetric one(MetricType type, double value) {
  ClientMetric metric;
  if (type == MetricType::kCounter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return metric;
}

// Converts a histogram's value to the unit that Prometheus shows.
double in_base_unit(HistogramUnit unit, std::uint64_t value) {
  return static_cast<double>(value) / (unit == HistogramUnit::kSeconds ? 1e9 : 1);
}

ClientMetric histogram(const MetricSpec& spec, const HistogramSnapshot& from) {
  const HistogramUnit unit = unit_of(spec.id);
  const std::span<const std::uint64_t> bounds = bounds_of(spec.id);
  ClientMetric metric;
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    cumulative += from.counts[i];
    metric.histogram.bucket.push_back({cumulative, in_base_unit(unit, bounds[i])});
  }
  metric.histogram.sample_count = cumulative + from.counts[bounds.size()];
  metric.histogram.sample_sum = in_base_unit(unit, from.sum);
  return metric;
}

Series counted(const MetricSpec& spec, const Snapshot& snapshot) {
  if (spec.type == MetricType::kHistogram) {
    return {histogram(spec, snapshot.histograms[histogram_of(spec.id)])};
  }
  const Labels& labels = spec.labels;
  Series all;
  for (std::size_t i = 0; i < labels.series(); ++i) {
    ClientMetric metric = one(spec.type, number(spec.type, snapshot.slots[slot_of(spec.id) + i]));
    const std::size_t inner = labels.values2.empty() ? 1 : labels.values2.size();
    if (!labels.name.empty()) {
      metric.label.push_back({std::string(labels.name), std::string(labels.values[i / inner])});
    }
    if (!labels.name2.empty()) {
      metric.label.push_back({std::string(labels.name2), std::string(labels.values2[i % inner])});
    }
    all.push_back(std::move(metric));
  }
  return all;
}

// A series for each value of the metric's label.
Series labelled(const MetricSpec& spec, std::span<const std::uint64_t> counts) {
  Series all;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    ClientMetric metric = one(spec.type, static_cast<double>(counts[i]));
    metric.label.push_back({std::string(spec.labels.name), std::string(spec.labels.values[i])});
    all.push_back(std::move(metric));
  }
  return all;
}

Series bodies_held(const Gauges& gauges) {
  Series all;
  for (std::size_t i = 0; i < gauges.bodies_held.size(); ++i) {
    ClientMetric metric = one(MetricType::kGauge, static_cast<double>(gauges.bodies_held[i]));
    metric.label = {{"body", std::string(kBodies[i / std::size(kPlaces)])},
                    {"place", std::string(kPlaces[i % std::size(kPlaces)])}};
    all.push_back(std::move(metric));
  }
  return all;
}

// `first` is that of the metric's first label.
Series opcache_bytes(const MetricSpec& spec, const Gauges& gauges, OpcacheFigure first) {
  return labelled(spec, std::span(gauges.opcache.use.values())
                            .subspan(static_cast<std::size_t>(first), spec.labels.series()));
}

// A series for each pool, and for each value of the metric's second label.
// `values(pool)`: an array of a pool's values, or a pointer to the first.
template <class Values>
Series by_pool(const MetricSpec& spec, const Gauges& gauges, Values values) {
  Series all;
  const std::span<const std::string_view> inner = spec.labels.values2;
  for (const PoolFigures& pool : gauges.pools) {
    for (std::size_t i = 0; i < std::max<std::size_t>(inner.size(), 1); ++i) {
      ClientMetric metric = one(spec.type, static_cast<double>(values(pool)[i]));
      metric.label.push_back({std::string(spec.labels.name), pool.name});
      if (!inner.empty())
        metric.label.push_back({std::string(spec.labels.name2), std::string(inner[i])});
      all.push_back(std::move(metric));
    }
  }
  return all;
}

Series pools(const MetricSpec& spec, const Gauges& gauges) {
  const auto counts = [&](PoolCount first) {
    return by_pool(spec, gauges, [&](const PoolFigures& pool) { return &pool.counts[first]; });
  };
  switch (spec.id) {
    case Metric::kPoolQueueDepth:
      return by_pool(spec, gauges, [](const PoolFigures& pool) { return &pool.queue_depth; });
    case Metric::kPoolQueueCapacity:
      return by_pool(spec, gauges, [](const PoolFigures& pool) { return &pool.queue_capacity; });
    case Metric::kPoolWorkers:
      return by_pool(spec, gauges, [](const PoolFigures& pool) { return pool.workers.data(); });
    case Metric::kPoolQueueRejected:
      return counts(kPoolRejected);
    case Metric::kPoolRequestsRun:
      return counts(kPoolRequests);
    case Metric::kPoolRecycledWorkers:
      return counts(kPoolRecycled);
    case Metric::kPoolBootsDone:
      return counts(kPoolBoots);
    case Metric::kPoolBootsFailed:
      return counts(kPoolBootFailures);
    case Metric::kPoolProcessCpu:
      return by_pool(spec, gauges, [](const PoolFigures& pool) {
        return std::array{static_cast<double>(pool.counts[kPoolProcessCpu]) / 1e9};
      });
    default:
      return counts(kPoolResized);
  }
}

Series build_info(const BuildInfo& build) {
  ClientMetric metric = one(MetricType::kGauge, 1);
  metric.label = {
      {"version", build.version}, {"php_version", build.php_version}, {"executor", build.executor}};
  return {std::move(metric)};
}

// Values that do not come from the shards.
Series given(const MetricSpec& spec, const Snapshot& snapshot) {
  const auto value = [&](auto from) -> Series {
    return {one(spec.type, static_cast<double>(from))};
  };
  if (spec.labels.name == kByPool.name) return pools(spec, snapshot.gauges);
  switch (spec.id) {
    case Metric::kQueueDepth:
      return value(snapshot.gauges.queue_depth);
    case Metric::kQueueCapacity:
      return value(snapshot.gauges.queue_capacity);
    case Metric::kQueueStalled:
      return value(snapshot.gauges.queue_stalled_seconds);
    case Metric::kWorkers:
      return labelled(spec, snapshot.gauges.workers);
    case Metric::kBodiesHeld:
      return bodies_held(snapshot.gauges);
    case Metric::kTlsExpiry:
      return value(snapshot.gauges.tls_expiry);
    case Metric::kOpcachePending:
      return value(snapshot.gauges.opcache.restart_pending ? 1 : 0);
    case Metric::kOpcacheMemory:
      return opcache_bytes(spec, snapshot.gauges, OpcacheFigure::kMemoryUsed);
    case Metric::kOpcacheStrings:
      return opcache_bytes(spec, snapshot.gauges, OpcacheFigure::kStringsUsed);
    case Metric::kOpcacheScripts:
      return value(snapshot.gauges.opcache.use[OpcacheFigure::kScripts]);
    case Metric::kOpcacheKeys:
      return value(snapshot.gauges.opcache.use[OpcacheFigure::kKeys]);
    case Metric::kOpcacheMaxKeys:
      return value(snapshot.gauges.opcache.use[OpcacheFigure::kMaxKeys]);
    case Metric::kJitBuffer:
      return opcache_bytes(spec, snapshot.gauges, OpcacheFigure::kJitUsed);
    case Metric::kGeneration:
      return value(snapshot.gauges.generation);
    case Metric::kProcesses:
      return labelled(spec, snapshot.gauges.processes);
    case Metric::kProcessCpu:
      return value(snapshot.process.cpu_seconds);
    case Metric::kProcessMemory:
      return value(snapshot.process.resident_memory_bytes);
    case Metric::kProcessFds:
      return value(snapshot.process.open_fds);
    case Metric::kProcessMaxFds:
      return value(snapshot.process.max_fds);
    case Metric::kProcessStart:
      return value(snapshot.process.start_time_seconds);
    case Metric::kInfo:
      return build_info(snapshot.build);
    default: {
      constexpr bool has_a_source_here = false;
      TUSK_CHECK(has_a_source_here);
      return {};
    }
  }
}

prometheus::MetricType prometheus_type(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return prometheus::MetricType::Counter;
    case MetricType::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricType::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "";
}

std::string label_column(const Labels& labels) {
  std::string text;
  const auto append = [&](std::string_view name, std::span<const std::string_view> values) {
    if (name.empty()) return;
    fmt::format_to(std::back_inserter(text), "{}`{}`", text.empty() ? "" : "; ", name);
    for (const std::string_view& value : values) {
      fmt::format_to(std::back_inserter(text), "{}{}", &value == values.data() ? ": " : ", ",
                     value);
    }
  };
  append(labels.name, labels.values);
  append(labels.name2, labels.values2);
  return text;
}

}  // namespace

std::string render_prometheus(const Snapshot& snapshot) {
  std::vector<prometheus::MetricFamily> families;
  for (const MetricSpec& spec : kMetrics) {
    prometheus::MetricFamily family;
    family.name = spec.name;
    family.help = spec.help;
    family.type = prometheus_type(spec.type);
    family.metric = spec.source == MetricSource::kShards ? counted(spec, snapshot)  //
                                                         : given(spec, snapshot);
    families.push_back(std::move(family));
  }
  std::ostringstream out;
  out.imbue(std::locale::classic());
  prometheus::TextSerializer().Serialize(out, families);
  return std::move(out).str();
}

std::string metrics_reference() {
  std::string text =
      "# Metrics\n\n"
      "`/metrics` of the internal server, in the Prometheus text format. This page is generated "
      "from\n`src/observe/metrics_list.h`; `TUSK_UPDATE_DOCS=1` lets the unit test "
      "`MetricsReference` write it anew.\n\n"
      "| metric | type | labels | meaning |\n|---|---|---|---|\n";
  for (const MetricSpec& spec : kMetrics) {
    fmt::format_to(std::back_inserter(text), "| `{}` | {} | {} | {} |\n", spec.name,
                   type_name(spec.type), label_column(spec.labels), spec.help);
  }
  const auto append_bounds = [&](std::string_view of, HistogramUnit unit,
                                 std::span<const std::uint64_t> bounds) {
    fmt::format_to(std::back_inserter(text), "\nUpper bounds of the buckets of {}:", of);
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      fmt::format_to(std::back_inserter(text), "{} {}", i == 0 ? "" : ",",
                     in_base_unit(unit, bounds[i]));
    }
    text += ".\n";
  };
  append_bounds("times, in seconds", HistogramUnit::kSeconds, kBucketBounds_ns);
  append_bounds("memory, in bytes", HistogramUnit::kBytes, kMemoryBounds_bytes);
  return text;
}

}  // namespace tusk::observe
