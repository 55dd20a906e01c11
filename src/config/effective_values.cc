#include "config/effective_values.h"

#include <algorithm>

#include "config/field.h"
#include "config/load.h"
#include "config/option_table.h"
#include "config/rule.h"

namespace tusk::config {

namespace {

constexpr std::string_view kRules = "rules";
constexpr std::string_view kPools = "pool";

// No element of a list contains a zero byte.
std::string whole_value(const Settings& settings, const Option& option) {
  std::string text;
  for (const std::string& element : element_texts(settings, option)) {
    text.append(element).push_back('\0');
  }
  return text;
}

std::string text_of(const std::vector<Rule>& rules) {
  std::string text;
  for (const Rule& rule : rules) text.append(to_toml(rule)).push_back('\0');
  return text;
}

std::string text_of(const std::vector<Pool>& pools) {
  std::string text;
  for (const Pool& pool : pools) text.append(comparable_text(pool)).push_back('\0');
  return text;
}

}  // namespace

std::vector<EffectiveValue> effective_values(const Loaded& loaded) {
  std::vector<EffectiveValue> values;
  for (const Option& option : option_table()) {
    values.push_back({.option = option.name,
                      .value = whole_value(loaded.settings, option),
                      .in_place = option.in_place});
  }
  values.push_back({.option = kRules, .value = text_of(loaded.settings.rules), .in_place = false});
  values.push_back({.option = kPools, .value = text_of(loaded.settings.pools), .in_place = false});
  return values;
}

Difference difference(const std::vector<EffectiveValue>& before,
                      const std::vector<EffectiveValue>& after) {
  Difference found;
  for (const EffectiveValue& value : after) {
    const auto old = std::ranges::find(before, value.option, &EffectiveValue::option);
    if (old != before.end() && old->value == value.value) continue;
    (value.in_place ? found.in_place : found.others).push_back(value.option);
  }
  return found;
}

std::string joined(const std::vector<std::string_view>& options) {
  std::string text;
  for (const std::string_view option : options) {
    if (!text.empty()) text += ", ";
    text += option;
  }
  return text;
}

}  // namespace tusk::config
