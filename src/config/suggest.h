// The nearest right name for one that is not: "did you mean --workers?".
//
// Thread: any; pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::config {

// Insertions, deletions, replacements and swaps of neighbours that make one text the other
// (Damerau-Levenshtein, each place edited once).
std::size_t edit_distance(std::string_view a, std::string_view b);

struct Name {
  std::string known;   // what a user may have meant to write
  std::string answer;  // what to write instead
};

// Case, dashes and underscores do not count. A few edits, or being part of exactly one answer.
std::optional<std::string> nearest(std::string_view written, std::span<const Name> names);

// "; did you mean --workers?", or nothing.
std::string did_you_mean(std::string_view written, std::span<const Name> names);

// Every name of every option (of its flag, of its variable, in the file), answered by its flag or
// by its name in the file.
std::vector<Name> names_answered_by_flag();
std::vector<Name> names_answered_by_key();

}  // namespace tusk::config
