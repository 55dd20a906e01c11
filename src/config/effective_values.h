// The values of all options as text, to compare two configurations.
//
// Thread: any; pure functions and plain data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tusk::config {

struct Loaded;

struct EffectiveValue {
  std::string_view option;  // a name of the option table, "rules" or "pool"
  std::string value;
  bool in_place = false;  // Option::in_place

  bool operator==(const EffectiveValue&) const = default;
};

// One for each entry of the option table, in its order, one for the rules and one for the pools.
// Where in the file they are does not matter.
std::vector<EffectiveValue> effective_values(const Loaded& loaded);

// The options whose values differ.
struct Difference {
  std::vector<std::string_view> in_place;
  std::vector<std::string_view> others;

  // There is a difference, and a running server process can take all of it over.
  bool only_in_place() const { return !in_place.empty() && others.empty(); }
};

// Both are what effective_values() returned.
Difference difference(const std::vector<EffectiveValue>& before,
                      const std::vector<EffectiveValue>& after);

// "log_level, rate_limit".
std::string joined(const std::vector<std::string_view>& options);

}  // namespace tusk::config
