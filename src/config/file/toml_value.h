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

struct Directive {
  toml::source_index line = 0;
  std::string name;  // whole, though TOML takes "opcache.enable = 1" for a table
  std::string text;  // "opcache.enable=1"
};

// Calls `take` for each php.ini directive of a table; one with a list of values comes once for each
// of them. `reserved` returns why a name of the table itself is refused, or an empty text.
void read_directives(const toml::table& table, const Report& error,
                     const std::function<std::string(const std::string& name)>& reserved,
                     const std::function<void(const Directive&)>& take);

}  // namespace tusk::config::file
