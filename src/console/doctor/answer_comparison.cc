#include "console/doctor/answer_comparison.h"

#include <algorithm>
#include <set>
#include <utility>

#include "console/doctor/answer_lines.h"

namespace tusk::console::doctor {

std::vector<AnswerComparison::Key> AnswerComparison::keys_of(const HttpAnswer& answer) {
  std::map<std::string, std::uint32_t> seen;
  std::vector<Key> keys;
  for (std::string& line : comparable_lines(answer)) {
    const std::uint32_t number = seen[line]++;
    keys.emplace_back(std::move(line), number);
  }
  return keys;
}

void AnswerComparison::add_plain(const HttpAnswer& answer) {
  answers_.push_back(keys_of(answer));
  for (const Key& key : answers_.back()) ++plain_[key];
}

std::size_t AnswerComparison::most_varying() const {
  std::size_t most = 0;
  for (const auto& keys : answers_) {
    const auto varying = std::ranges::count_if(
        keys, [&](const Key& key) { return plain_.at(key) < answers_.size(); });
    most = std::max(most, static_cast<std::size_t>(varying));
  }
  return most;
}

std::optional<Difference> AnswerComparison::compare(const HttpAnswer& rewound) const {
  Difference difference;
  std::set<Key> found;
  for (Key& key : keys_of(rewound)) {
    if (!plain_.contains(key)) difference.rewound.push_back(key.first);
    found.insert(std::move(key));
  }
  // In the order of the first plain answer, which has all that are in each.
  if (!answers_.empty()) {
    for (const Key& key : answers_.front()) {
      if (plain_.at(key) == answers_.size() && !found.contains(key))
        difference.plain.push_back(key.first);
    }
  }
  if (difference.plain.empty() && difference.rewound.size() <= most_varying()) return std::nullopt;
  return difference;
}

}  // namespace tusk::console::doctor
