// The options as --help shows them, from the table.
//
// Thread: any; pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "config/option.h"

namespace tusk::config::output {

inline constexpr std::size_t kHelpWidth = 90;

// All sections, each option with its flag, what it does, its variable and its default.
std::string help_options();

// "-c, --php-ini PHP.INI": how the option is written as a flag.
std::string flag_usage(const Option& option);

// "0 (one per CPU core)", "none": the default for a reader.
std::string default_shown(const Option& option);

// Words filled into lines of at most `width` columns, each indented by `indent` blanks.
std::string wrap(std::string_view text, std::size_t indent, std::size_t width = kHelpWidth);

}  // namespace tusk::config::output
