// Values of a configuration file as the texts that flags would have.
//
// Thread: any; pure functions.
#pragma once

#include <functional>
#include <optional>
#include <string>

// Without exceptions, a syntax error is a return value.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace tusk::config::file {

// Reports a mistake at a line.
using Report = std::function<void(toml::source_index line, const std::string& message)>;

// A single value as a flag would have it; empty for a list, a table or a date.
std::optional<std::string> scalar_text(const toml::node& node);

// Calls `take` for each php.ini directive of a table, with its whole name, though TOML takes
// "opcache.enable = 1" for a table, and "name=value". A directive with a list of values comes once
// for each. `reserved` may refuse a name of the table itself: then it returns a message.
struct Directive {
  toml::source_index line = 0;
  std::string name;
  std::string text;  // "memory_limit=256M"
};
void read_directives(const toml::table& table, const Report& error,
                     const std::function<std::string(const std::string& name)>& reserved,
                     const std::function<void(const Directive&)>& take);

}  // namespace tusk::config::file
