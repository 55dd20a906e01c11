// Suggests the known name that is nearest to an unknown one: "did you mean --workers?".
//
// Thread: any; pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::config::names {

// The number of insertions, deletions, replacements and swaps of neighbours that turn one text into
// the other (Damerau-Levenshtein, with each place edited at most once).
std::size_t edit_distance(std::string_view a, std::string_view b);

struct Name {
  std::string known;   // what a user may have meant to write
  std::string answer;  // what to write instead
};

// Ignores case, dashes and underscores. A name is near if it differs by one edit for each four
// letters, at most two, or if it is the larger part of exactly one answer: a wrong suggestion is
// worse than none.
std::optional<std::string> nearest(std::string_view written, std::span<const Name> names);

// "; did you mean --workers?", or an empty text.
std::string did_you_mean(std::string_view written, std::span<const Name> names);

// The same for a text in the place of an option. A name of PHP's or of another server that tusk
// does not have gets a note instead (config/names/foreign_names.h).
std::string option_hint(std::string_view written, std::span<const Name> names);

// Every name of every option (flag, variable, key in the file) and what other servers call it. The
// answer is the flag, or the key in the file.
std::vector<Name> names_answered_by_flag();
std::vector<Name> names_answered_by_key();

}  // namespace tusk::config::names
