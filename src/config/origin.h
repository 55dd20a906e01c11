// Origin, Assignment and Problem: where values come from, and what is wrong with them.
//
// Thread: any; values.
#pragma once

#include <string>
#include <vector>

#include "config/option.h"

namespace tusk::config {

// Where a value came from.
struct Origin {
  enum class Kind { kDefault, kPreset, kFile, kEnvironment, kFlag };

  Kind kind = Kind::kDefault;
  std::string where;       // "--workers", "TUSK_WORKERS", "/etc/tusk.toml:3", or the preset's name;
                           // empty for a default
  bool automatic = false;  // a computed value has replaced a 0
  std::string added_by{};  // the preset that has added to the list; empty: none has
  std::string alias{};     // the key in the file, if it is not the option's own name

  bool operator==(const Origin&) const = default;
};

// "default", "preset laravel", "flag --workers", "environment TUSK_WORKERS", "file
// /etc/tusk.toml:3", "file /etc/tusk.toml:3, as workers"; where a preset has added to a list,
// "default, preset drupal adds to it".
std::string to_string(const Origin& origin);

// A value as it was given, as text.
struct Assignment {
  const Option* option = nullptr;  // an entry of the table, never null once filled
  Origin origin;
  std::vector<std::string> texts;  // one text, or the elements of a list
};

// Why a configuration cannot be used, in one line.
struct Problem {
  std::string message;
  // True: the configuration is invalid (exit status 2). False: it is valid, but this machine does
  // not match it (exit status 1).
  bool wrong_use = true;

  bool operator==(const Problem&) const = default;
};

// How a problem with a value begins: "TUSK_WORKERS: ", "--workers: ",
// "/etc/tusk.toml:3: php_workers: ".
std::string prefix(const Option& option, const Origin& origin);

}  // namespace tusk::config
