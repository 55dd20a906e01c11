#include "admin/dashboard/totals.h"

#include <algorithm>

#include <fmt/format.h>

#include "admin/html_text.h"

namespace tusk::admin::dashboard {

namespace {

std::string latency(const MetricValues& metrics, std::string_view histogram) {
  if (metrics.quantile(histogram, 0.5) < 0) return "none yet";
  return fmt::format("{} / {} / {}", seconds_text(metrics.quantile(histogram, 0.5)),
                     seconds_text(metrics.quantile(histogram, 0.9)),
                     seconds_text(metrics.quantile(histogram, 0.99)));
}

std::string by_class(const MetricValues& metrics) {
  const auto of = [&](std::string_view label) {
    return count_text(metrics.total("tusk_requests_total", label));
  };
  return fmt::format("{} / {} / {} / {}", of("class=\"2xx\""), of("class=\"3xx\""),
                     of("class=\"4xx\""), of("class=\"5xx\""));
}

std::string workers(const MetricValues& metrics) {
  const auto of = [&](std::string_view label) {
    return count_text(metrics.total("tusk_workers", label));
  };
  return fmt::format("{} / {} / {}", of("state=\"busy\""), of("state=\"idle\""),
                     of("state=\"lost\""));
}

}  // namespace

std::vector<Total> totals_of(const MetricValues& metrics, double now_seconds) {
  const auto count = [&](std::string_view name, std::string_view label = {}) {
    return count_text(metrics.total(name, label));
  };
  const double age = now_seconds - metrics.total("process_start_time_seconds");
  return {
      {"Running for", seconds_text(std::max(0.0, age))},
      {"Generation", count("tusk_generation")},
      {"Server processes", count("tusk_processes")},
      {"Requests", count("tusk_requests_total")},
      {"2xx / 3xx / 4xx / 5xx", by_class(metrics)},
      {"Latency: median / p90 / p99", latency(metrics, "tusk_request_duration_seconds")},
      {"Wait in the queue: median / p90 / p99", latency(metrics, "tusk_queue_wait_seconds")},
      {"Waiting requests now",
       fmt::format("{} of {}", count("tusk_queue_depth"), count("tusk_queue_capacity"))},
      {"Workers: busy / idle / lost", workers(metrics)},
      {"Connections open", count("tusk_active_connections")},
      {"Rejected by the queue", count("tusk_queue_rejected_total")},
      {"PHP fatal errors", count("tusk_php_fatal_errors_total")},
      {"Crashes of scripts / of processes",
       count("tusk_php_crashes_total") + " / " +
           count("tusk_process_exits_total", "reason=\"signal\"")},
      {"Reloads: done / failed", count("tusk_reloads_total", "result=\"done\"") + " / " +
                                     count("tusk_reloads_total", "result=\"failed\"")},
      {"Resident memory", bytes_text(metrics.total("process_resident_memory_bytes"))},
      {"CPU time", seconds_text(metrics.total("process_cpu_seconds_total"))},
      {"Received / sent", bytes_text(metrics.total("tusk_received_bytes_total")) + " / " +
                              bytes_text(metrics.total("tusk_sent_bytes_total"))},
      {"OPcache restarts", count("tusk_opcache_restarts_total")},
  };
}

}  // namespace tusk::admin::dashboard
