#include "config/environment.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#include "config/flags.h"
#include "config/names/suggestion.h"
#include "config/option_table.h"

namespace tusk::config {
namespace {

constexpr std::string_view kOwnPrefix = "TUSK_";

// Prefixes that begin like tusk's and belong to others: those that Kubernetes sets in every
// container beside a service that is called tusk, and those of the Makefile and of tusk's tests.
constexpr std::string_view kForeignPrefixes[] = {
    "TUSK_PORT",          "TUSK_SERVICE_",      "TUSK_ABUSE_",      "TUSK_BEFORE",  "TUSK_BINARY",
    "TUSK_DEBIAN_",       "TUSK_DIFFERENTIAL_", "TUSK_DOCS_",       "TUSK_DRILL_",  "TUSK_DRUPAL",
    "TUSK_MOODLE",        "TUSK_PACKAGES",      "TUSK_PODMAN",      "TUSK_PREFIX",  "TUSK_PROFILE_",
    "TUSK_RESIDENT_SEED", "TUSK_ROOTS",         "TUSK_SANITIZE",    "TUSK_SECCOMP", "TUSK_SKIP_",
    "TUSK_SOAK_",         "TUSK_TEST_",         "TUSK_UPDATE_DOCS", "TUSK_WERROR"};

// Names close to one of tusk's that are well known for something else.
constexpr std::string_view kForeignNames[] = {
    "TEMPDIR", "TMPDIR", "LOGLEVEL", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "PHPRC"};

// Plain words that frameworks, container images and other servers use as well. Specific names, such
// as PHP_WORKERS, are not in this list; neither are options that protect or that say who can reach
// the server, such as TRUSTED_PROXIES, RATE_LIMIT or LISTEN_ADDR: there a mistake must be an error.
constexpr std::string_view kCommonNames[] = {
    "ACCESS_LOG",     "ACCESS_LOG_FILE", "ACCESS_LOG_FORMAT", "BROTLI_LEVEL", "COMPRESSION",
    "COMPRESS_TYPES", "ENGINE",          "EXECUTOR",          "FALLBACK",     "GZIP_LEVEL",
    "HTTP2",          "INDEX_FILE",      "IO_THREADS",        "LOG_FILE",     "LOG_FORMAT",
    "LOG_LEVEL",      "OTLP_ENDPOINT",   "PRELOAD",           "PRESET",       "PROCESSES",
    "REQUEST_ID",     "SERVICE_NAME",    "SUPERVISOR",        "TEMP_DIR",     "TRACE_CONTEXT",
    "TRACE_SAMPLE",   "WARM_UP",         "ZSTD_LEVEL",
};

// The names of an option's variable. A later one overrides an earlier one.
enum class Form : std::uint8_t { kBare, kPrefixed, kOwn };

struct Known {
  const Option* option = nullptr;
  Form form = Form::kBare;
};

// drain-timeout is DRAIN_TIMEOUT.
char in_variable(char of_flag) {
  if (of_flag == '-') return '_';
  return of_flag >= 'a' && of_flag <= 'z' ? static_cast<char>(of_flag - 'a' + 'A') : of_flag;
}

bool is_variable_of_flag(std::string_view variable, std::string_view flag) {
  return std::ranges::equal(variable, flag, {}, {}, in_variable);
}

Known known_variable(std::string_view name) {
  if (const Option* const option = find_by_environment(name);
      option != nullptr && !name.starts_with(kOwnPrefix))
    return {.option = option, .form = Form::kBare};
  if (!name.starts_with(kOwnPrefix)) return {};
  name.remove_prefix(kOwnPrefix.size());
  for (const Option& option : option_table()) {
    if (is_variable_of_flag(name, option.flag)) return {.option = &option, .form = Form::kOwn};
  }
  return {.option = find_by_environment(name), .form = Form::kPrefixed};
}

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
      names.push_back({.known = std::string(known), .answer = own_name(option)});
  }
  const std::string hint = names::did_you_mean(name.substr(kOwnPrefix.size()), names);
  return "the environment variable " + std::string(name) + " is not known and has no effect" + hint;
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
  std::string name(kOwnPrefix);
  for (const char each : option.flag) name += in_variable(each);
  return name;
}

const Option* find_by_variable(std::string_view name) { return known_variable(name).option; }

Environment parse_environment(std::span<const std::string> variables) {
  Environment result;
  for (const std::string_view variable : variables) {
    const std::size_t equals = variable.find('=');
    if (equals == std::string_view::npos || equals + 1 == variable.size()) continue;
    const std::string_view name = variable.substr(0, equals);
    const std::string_view value = variable.substr(equals + 1);
    const auto [option, form] = known_variable(name);
    if (option == nullptr) {
      if (auto warning = warning_about(name)) result.warnings.push_back(std::move(*warning));
      continue;
    }
    // The first of two variables with the same name counts, as with getenv().
    const auto given = std::ranges::find(result.assignments, option, &Assignment::option);
    if (given != result.assignments.end()) {
      if (form <= known_variable(given->origin.where).form) continue;
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
