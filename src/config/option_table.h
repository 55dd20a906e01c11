// The option table. To add an option: a member in config/settings.h, an entry in the
// section's file of config/options/, and `tusk config --reference > docs/configuration.md`.
//
// Thread: any; constant data.
#pragma once

#include <span>
#include <string_view>

#include "config/option.h"

namespace tusk::config {

// In the order in which they are shown; sections are contiguous.
std::span<const Option> option_table();

// The position of an option of the table, for data kept beside it (Loaded::origins).
std::size_t index_of(const Option& option);

// nullptr when there is none of that name.
const Option* find_by_name(std::string_view name);
const Option* find_by_flag(std::string_view flag);
const Option* find_by_short_flag(char flag);
const Option* find_by_environment(std::string_view environment);

// The option of a name that must be there: a name that is not ends the process.
const Option& option_named(std::string_view name);

}  // namespace tusk::config
