#include "config/environment.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

#include "config/flags.h"
#include "config/names/suggestion.h"
#include "config/option_table.h"

namespace tusk::config {
namespace {

constexpr std::string_view kOwnPrefix = "TUSK_";

// Prefixes that begin like tusk's and belong to others: the Makefile's, and those that Kubernetes
// sets in every container beside a service that is called tusk.
constexpr std::string_view kForeignPrefixes[] = {"TUSK_PREFIX", "TUSK_PORT", "TUSK_SERVICE_"};

// Names close to one of tusk's that are well known for something else.
constexpr std::string_view kForeignNames[] = {
    "TEMPDIR", "TMPDIR", "LOGLEVEL", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "PHPRC"};

// Plain words that frameworks, container images and other servers use as well. Specific names, such
// as PHP_WORKERS, are not in this list; neither are options that protect, such as TRUSTED_PROXIES
// or RATE_LIMIT: there a mistake must be an error.
constexpr std::string_view kCommonNames[] = {
    "ACCESS_LOG", "COMPRESSION", "COMPRESS_TYPES", "EXECUTOR",     "FALLBACK",
    "GZIP_LEVEL", "HTTP2",       "INDEX_FILE",     "IO_THREADS",   "LOG_FORMAT",
    "LOG_LEVEL",  "PRESET",      "REQUEST_ID",     "SERVICE_NAME",
};

// The variable that was meant, only if that is almost certain: most variables of an environment are
// not for tusk.
std::optional<std::string_view> close_name(std::string_view written) {
  constexpr std::size_t kMinOneEdit = 6;
  constexpr std::size_t kMinTwoEdits = 9;
  for (const Option& option : option_table()) {
    const std::size_t length = std::min(written.size(), option.environment.size());
    if (length < kMinOneEdit) continue;
    const std::size_t allowed = length < kMinTwoEdits ? 1 : 2;
    if (names::edit_distance(written, option.environment) <= allowed) return option.environment;
  }
  return std::nullopt;
}

std::string unknown_own(std::string_view name) {
  std::vector<names::Name> names;
  for (const Option& option : option_table()) {
    for (const std::string_view known : {option.flag, option.name, option.environment})
      names.push_back({.known = std::string(known), .answer = std::string(option.environment)});
  }
  std::string hint = names::did_you_mean(name.substr(kOwnPrefix.size()), names);
  if (hint.empty()) hint = names::did_you_mean(name, names);
  return "the environment variable " + std::string(name) + " is not known and has no effect" + hint;
}

// The option with this variable, or with this variable without TUSK_ in front.
const Option* option_of(std::string_view name) {
  const Option* const option = find_by_environment(name);
  if (option != nullptr || !name.starts_with(kOwnPrefix)) return option;
  return find_by_environment(name.substr(kOwnPrefix.size()));
}

std::optional<std::string> warning_about(std::string_view name) {
  const auto begins_name = [&](std::string_view start) { return name.starts_with(start); };
  if (std::ranges::any_of(kForeignPrefixes, begins_name)) return std::nullopt;
  if (std::ranges::find(kForeignNames, name) != std::end(kForeignNames)) return std::nullopt;
  if (name.starts_with(kOwnPrefix)) return unknown_own(name);
  if (const auto meant = close_name(name))
    return "the environment variable " + std::string(name) +
           " is not known and has no effect; did you mean " + std::string(*meant) + "?";
  return std::nullopt;
}

}  // namespace

bool is_common_name(std::string_view name) {
  return std::ranges::find(kCommonNames, name) != std::end(kCommonNames);
}

std::string own_name(const Option& option) {
  return option.environment.starts_with(kOwnPrefix)
             ? std::string(option.environment)
             : std::string(kOwnPrefix) + std::string(option.environment);
}

Environment parse_environment(std::span<const std::string> variables) {
  Environment result;
  for (const std::string_view variable : variables) {
    const std::size_t equals = variable.find('=');
    if (equals == std::string_view::npos || equals + 1 == variable.size()) continue;
    const std::string_view name = variable.substr(0, equals);
    const std::string_view value = variable.substr(equals + 1);
    const Option* option = option_of(name);
    if (option == nullptr) {
      if (auto warning = warning_about(name)) result.warnings.push_back(std::move(*warning));
      continue;
    }
    // The first of two variables with the same name counts, as with getenv(). A name with TUSK_
    // overrides the name without it.
    const auto given = std::ranges::find(result.assignments, option, &Assignment::option);
    if (given != result.assignments.end()) {
      if (!name.starts_with(kOwnPrefix) || given->origin.where.starts_with(kOwnPrefix)) continue;
      result.assignments.erase(given);
    }
    Assignment assignment{
        .option = option,
        .origin = {.kind = Origin::Kind::kEnvironment, .where = std::string(name)},
        .texts = {}};
    if (option->separator != '\0') {
      assignment.texts = split_list(value, option->separator);
    } else {
      assignment.texts.emplace_back(value);
    }
    result.assignments.push_back(std::move(assignment));
  }
  return result;
}

}  // namespace tusk::config
