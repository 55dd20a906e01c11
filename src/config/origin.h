// Origin: where a value came from. Assignment: a value that was given, still as text.
// Problem: why a configuration cannot be used, in one line.
//
// Thread: any; values.
#pragma once

#include <string>
#include <vector>

#include "config/option.h"

namespace tusk::config {

struct Origin {
  enum class Kind { kDefault, kPreset, kFile, kEnvironment, kFlag };

  Kind kind = Kind::kDefault;
  std::string where;  // "--workers", "PHP_WORKERS", "/etc/tusk.toml:3"; of a preset: its name; a
                      // default: empty
  bool automatic = false;  // a real value in place of the 0 that was given
  std::string added_by{};  // of a list: the preset that has added to what was given; else empty

  bool operator==(const Origin&) const = default;
};

// "default", "preset laravel", "flag --workers", "environment PHP_WORKERS", "file
// /etc/tusk.toml:3"; with a preset's addition "default, preset drupal adds to it".
std::string to_string(const Origin& origin);

struct Assignment {
  const Option* option = nullptr;  // of the table, never null
  Origin origin;
  std::vector<std::string> texts;  // one, or the elements of a list
};

struct Problem {
  std::string message;
  // What was given cannot be understood (exit status 2), as opposed to: it is understood and the
  // machine is not as it says (exit status 1).
  bool wrong_use = true;

  bool operator==(const Problem&) const = default;
};

// "PHP_WORKERS: ", "--workers: ", "/etc/tusk.toml:3: php_workers: ": how a problem begins.
std::string prefix(const Option& option, const Origin& origin);

}  // namespace tusk::config
