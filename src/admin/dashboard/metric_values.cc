#include "admin/dashboard/metric_values.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace tusk::admin::dashboard {

namespace {

double number_of(std::string_view text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() ? value : std::numeric_limits<double>::quiet_NaN();
}

bool is_of(std::string_view series, std::string_view name) {
  return series.starts_with(name) && (series.size() == name.size() || series[name.size()] == '{');
}

}  // namespace

MetricValues::MetricValues(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : text.size());
    const std::size_t space = line.rfind(' ');
    if (line.empty() || line.front() == '#' || space == std::string_view::npos) continue;
    const double value = number_of(line.substr(space + 1));
    if (std::isfinite(value)) all_.emplace_back(line.substr(0, space), value);
  }
}

double MetricValues::total(std::string_view name, std::string_view label) const {
  double sum = 0;
  for (const auto& [series, value] : all_) {
    if (is_of(series, name) && series.find(label) != std::string_view::npos) sum += value;
  }
  return sum;
}

double MetricValues::quantile(std::string_view histogram, double part) const {
  constexpr std::string_view kBound = "le=\"";
  const std::string name = std::string(histogram) + "_bucket";
  const double all = total(std::string(histogram) + "_count");
  if (!(all > 0)) return -1;
  double lower = 0;
  double below = 0;
  for (const auto& [series, count] : all_) {
    const std::size_t at = series.find(kBound);
    if (!is_of(series, name) || at == std::string_view::npos) continue;
    const std::string_view bound_text = series.substr(at + kBound.size());
    const double bound = number_of(bound_text.substr(0, bound_text.find('"')));
    if (count >= part * all) {
      if (!std::isfinite(bound) || count <= below) return lower;
      return lower + (bound - lower) * (part * all - below) / (count - below);
    }
    lower = bound;
    below = count;
  }
  return lower;
}

}  // namespace tusk::admin::dashboard
