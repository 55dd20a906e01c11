// describe(): the effective configuration for people and programs, as `tusk config` prints it.
// Secrets are redacted here, so that no caller can forget it.
//
// Thread: any; pure functions of a Loaded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/load.h"

namespace tusk::config::output {

using TypedValue = std::variant<bool, std::uint64_t, std::string, std::vector<std::string>>;

struct Described {
  std::string name;       // "php_workers"; a php.ini directive: "php.memory_limit"
  std::string value;      // as a flag takes it: "64KiB"; "(redacted)" for a secret
  TypedValue typed;       // sizes in bytes, durations in milliseconds
  std::string_view unit;  // "bytes", "ms" or empty
  std::string source;     // "flag --workers", "default, one per CPU core"
  Scope scope = Scope::kNotGiven;
  std::string_view doc;
  bool in_place = false;  // Option::in_place
};

// Which values are described.
struct Extent {
  // If they are given (config::plain_defaults()), only values that differ from them.
  std::optional<Settings> defaults{};
};

// In the order of the table; directives take the place of the option php.
std::vector<Described> describe(const Loaded& loaded, const Extent& extent = {});

// Returns a file that tusk can read, with the source of each value in a comment. If it has only
// changed values, what a preset has set is a comment too: the preset sets it again.
std::string to_toml(const Loaded& loaded, const Extent& extent = {});

// An array of objects: name, value, unit, text, source, scope, in_place, doc.
std::string to_json(const Loaded& loaded, const Extent& extent = {});

// One line: "/srv/www on :8080, ext executor, 4 workers, ...".
std::string summary(const Settings& settings);

}  // namespace tusk::config::output
