#include "config/names/suggestion.h"

#include <algorithm>

#include "config/names/foreign_names.h"
#include "config/option_table.h"
#include "config/value.h"

namespace tusk::config::names {
namespace {

constexpr std::size_t kMaxEdits = 2;
constexpr std::size_t kLettersForAnEdit = 4;  // letters of a name for each allowed edit
constexpr std::size_t kMinForAnEdit = 3;
constexpr std::size_t kMinPart = 4;  // letters of a part that may stand for the whole name

std::string normal(std::string_view name) {
  const std::size_t start = std::min(name.find_first_not_of('-'), name.size());
  std::string result = lower(name.substr(start));
  std::ranges::replace(result, '_', '-');
  return result;
}

// Whether `part` is one or more whole words of the name and at least half of it: people leave out
// the less important part of a name.
bool is_most_of(std::string_view part, std::string_view name) {
  const std::size_t at = name.find(part);
  if (at == std::string_view::npos || part.size() * 2 < name.size()) return false;
  const std::size_t end = at + part.size();
  return (at == 0 || name[at - 1] == '-') && (end == name.size() || name[end] == '-');
}

// The answer of the only option that has `part` in one of its names.
std::optional<std::string> only_one_with(std::string_view part, std::span<const Name> names) {
  std::optional<std::string> answer;
  for (const Name& name : names) {
    if (!is_most_of(part, normal(name.known))) continue;
    if (answer && *answer != name.answer) return std::nullopt;
    answer = name.answer;
  }
  return answer;
}

template <class Answer>
std::vector<Name> names_of_options(Answer answer_of) {
  std::vector<Name> names;
  for (const Option& option : option_table()) {
    const std::string answer = answer_of(option);
    if (answer.empty()) continue;
    for (const std::string_view known : {option.flag, option.name, option.environment})
      names.push_back({.known = std::string(known), .answer = answer});
  }
  for (const ForeignName& foreign : foreign_names()) {
    if (foreign.option.empty()) continue;
    const std::string answer = answer_of(option_named(foreign.option));
    if (!answer.empty()) names.push_back({.known = std::string(foreign.name), .answer = answer});
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
  const std::size_t allowed =
      wanted.size() < kMinForAnEdit
          ? 0
          : std::clamp<std::size_t>(wanted.size() / kLettersForAnEdit, 1, kMaxEdits);
  std::size_t best_distance = allowed + 1;
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
  return answer && *answer != written ? "; did you mean " + *answer + "?" : "";
}

std::string option_hint(std::string_view written, std::span<const Name> names) {
  std::string note = note_on(written);
  return note.empty() ? did_you_mean(written, names) : note;
}

std::vector<Name> names_answered_by_flag() {
  return names_of_options([](const Option& option) { return "--" + std::string(option.flag); });
}

std::vector<Name> names_answered_by_key() {
  return names_of_options(
      [](const Option& option) { return option.in_file ? std::string(option.name) : ""; });
}

}  // namespace tusk::config::names
