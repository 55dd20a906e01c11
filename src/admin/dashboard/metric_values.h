// MetricValues: the values of /metrics by the names of their series, so that the dashboard shows
// what there is and does not depend on how it is counted.
//
// Owner: the page that is being made. Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tusk::admin::dashboard {

class MetricValues {
 public:
  // `text` is in the Prometheus text format, as observe::render_prometheus() makes it. It must live
  // longer than this.
  explicit MetricValues(std::string_view text);

  // "name" or "name{label=\"value\",…}", as in the text, and its value.
  using Series = std::pair<std::string_view, double>;
  const std::vector<Series>& all() const { return all_; }

  // The sum of the series of that name, or of those that have `label` (label="value"); 0 if there
  // is none.
  double total(std::string_view name, std::string_view label = {}) const;
  // Estimated from the buckets of a histogram in seconds; negative: it has counted nothing.
  double quantile(std::string_view histogram, double part) const;

 private:
  std::vector<Series> all_;
};

}  // namespace tusk::admin::dashboard
