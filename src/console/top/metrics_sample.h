// MetricsSample: the answer of /metrics at one moment, and what two of them say about the time
// between.
//
// Thread: any.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace tusk::console::top {

class MetricsSample {
 public:
  // Lines that are not understood are left out.
  MetricsSample(std::string_view text, base::MonotonicTime taken);

  base::MonotonicTime taken() const { return taken_; }
  // The sum of all series of that name whose labels have that text in them.
  double sum(std::string_view name, std::string_view label = {}) const;
  // Upper bounds of a histogram's buckets, and the counts up to each, both ascending. The last
  // bound is infinite.
  std::vector<std::pair<double, double>> buckets(std::string_view histogram) const;

 private:
  struct Series {
    std::string name;
    std::string labels;
    double value;
  };

  std::vector<Series> series_;
  base::MonotonicTime taken_;
};

struct Percentiles {
  static constexpr std::array<double, 3> kShares = {0.5, 0.9, 0.99};
  std::array<double, 3> seconds{};
};

inline constexpr std::array<std::string_view, 5> kClasses = {"1xx", "2xx", "3xx", "4xx", "5xx"};

// Rates are per second; the rest is now.
struct Overview {
  double requests = 0;
  std::array<double, kClasses.size()> by_class{};
  double refused = 0;
  double sent_bytes = 0;
  double cpus = 0;
  // Nothing: no request ended, or none waited, between the two.
  std::optional<Percentiles> latency{};
  std::optional<Percentiles> queue_wait{};
  double queue_depth = 0;
  double queue_capacity = 0;
  double connections = 0;
  double memory_bytes = 0;
  double workers_busy = 0;
  double workers_idle = 0;
  double workers_lost = 0;
  double processes = 0;
  double generation = 0;
  double crashes = 0;  // since tusk was started
};

// Without `before`, the rates since tusk was started are not known: they are zero.
Overview overview_of(const MetricsSample* before, const MetricsSample& now);

// Computes the percentiles of the requests between two samples, in the way of Prometheus'
// histogram_quantile().
std::optional<Percentiles> percentiles(const MetricsSample& before, const MetricsSample& now,
                                       std::string_view histogram);

}  // namespace tusk::console::top
