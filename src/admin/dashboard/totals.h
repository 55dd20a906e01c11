// The totals of the dashboard: what has been counted since the start, as texts for people.
//
// Pure functions. Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin/dashboard/metric_values.h"

namespace tusk::admin::dashboard {

struct Total {
  std::string_view name;
  std::string value;
};

// `now_seconds` since 1970.
std::vector<Total> totals_of(const MetricValues& metrics, double now_seconds);

}  // namespace tusk::admin::dashboard
