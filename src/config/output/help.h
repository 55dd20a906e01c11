// The options part of --help, made from the table.
//
// Thread: any; pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "config/option.h"

namespace tusk::config::output {

inline constexpr std::size_t kHelpWidth = 90;

// All sections; each option with its flag, description, variable and default.
std::string help_options();

// The option as a flag: "-c, --php-ini PHP.INI".
std::string flag_usage(const Option& option);

// The default for a reader: "0 (one per CPU core)", "none".
std::string default_shown(const Option& option);

// Fills words into lines of at most `width` columns, each indented by `indent` blanks.
std::string wrap(std::string_view text, std::size_t indent, std::size_t width = kHelpWidth);

}  // namespace tusk::config::output
