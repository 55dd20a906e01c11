#include "config/suggest.h"

#include <algorithm>

#include "config/options.h"
#include "config/value.h"

namespace tusk::config {
namespace {

constexpr std::size_t kMaxEdits = 3;
constexpr std::size_t kMinPart = 4;  // letters of a name that can stand for all of it

std::string normal(std::string_view name) {
  const std::size_t start = std::min(name.find_first_not_of('-'), name.size());
  std::string result = lower(name.substr(start));
  std::ranges::replace(result, '_', '-');
  return result;
}

// The answer of the only option that has `part` in one of its names.
std::optional<std::string> only_one_with(std::string_view part, std::span<const Name> names) {
  std::optional<std::string> answer;
  for (const Name& name : names) {
    if (normal(name.known).find(part) == std::string::npos) continue;
    if (answer && *answer != name.answer) return std::nullopt;
    answer = name.answer;
  }
  return answer;
}

template <class Answer>
std::vector<Name> names_of_options(Answer answer_of) {
  std::vector<Name> names;
  for (const Option& option : options()) {
    const std::string answer = answer_of(option);
    if (answer.empty()) continue;
    for (const std::string_view known : {option.flag, option.name, option.environment})
      names.push_back({.known = std::string(known), .answer = answer});
  }
  return names;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

std::optional<std::string> nearest(std::string_view written, std::span<const Name> names) {
  const std::string wanted = normal(written);
  const Name* best = nullptr;
  std::size_t best_distance = std::min(kMaxEdits, wanted.size() / 3) + 1;
  for (const Name& name : names) {
    const std::size_t distance = edit_distance(wanted, normal(name.known));
    if (distance >= best_distance) continue;
    best = &name;
    best_distance = distance;
  }
  if (best != nullptr) return best->answer;
  if (wanted.size() < kMinPart) return std::nullopt;
  return only_one_with(wanted, names);
}

std::string did_you_mean(std::string_view written, std::span<const Name> names) {
  const auto answer = nearest(written, names);
  return answer ? "; did you mean " + *answer + "?" : "";
}

std::vector<Name> names_answered_by_flag() {
  return names_of_options([](const Option& option) { return "--" + std::string(option.flag); });
}

std::vector<Name> names_answered_by_key() {
  return names_of_options(
      [](const Option& option) { return option.in_file ? std::string(option.name) : ""; });
}

}  // namespace tusk::config
