// The option table. docs/internals/adding.md says how to add an option.
//
// Thread: any; constant data.
#pragma once

#include <span>
#include <string_view>

#include "config/option.h"

namespace tusk::config {

// In the order in which --help shows them; sections are contiguous.
std::span<const Option> option_table();

// The option's position in the table, an index for data about options (Loaded::origins).
std::size_t index_of(const Option& option);

// nullptr when no option has this name.
const Option* find_by_name(std::string_view name);
const Option* find_by_flag(std::string_view flag);
const Option* find_by_short_flag(char flag);
const Option* find_by_environment(std::string_view environment);

// The option that a key of the file means: its name or, except for php.ini directives, its flag's.
// Dashes and underscores are the same there.
const Option* find_by_key(std::string_view key);

// The option of this name, which must exist: any other name aborts the process.
const Option& option_named(std::string_view name);

}  // namespace tusk::config
