// The nearest right name for one that is not: "did you mean --workers?".
//
// Thread: any; pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::config::names {

// Insertions, deletions, replacements and swaps of neighbours that make one text the other
// (Damerau-Levenshtein, each place edited once).
std::size_t edit_distance(std::string_view a, std::string_view b);

struct Name {
  std::string known;   // what a user may have meant to write
  std::string answer;  // what to write instead
};

// Case, dashes and underscores do not count. One edit for each four letters, two at most, or being
// most of exactly one answer: a wrong suggestion is worse than none.
std::optional<std::string> nearest(std::string_view written, std::span<const Name> names);

// "; did you mean --workers?", or nothing.
std::string did_you_mean(std::string_view written, std::span<const Name> names);

// The same for what was written in the place of an option, or a note on a name that is PHP's or
// that another server has and tusk has not (config/names/foreign_names.h).
std::string option_hint(std::string_view written, std::span<const Name> names);

// Every name of every option (of its flag, of its variable, in the file) and what other servers
// call it, answered by its flag or by its name in the file.
std::vector<Name> names_answered_by_flag();
std::vector<Name> names_answered_by_key();

}  // namespace tusk::config::names
