// The texts of --help and `tusk help` about options, made from the table.
//
// Thread: any; pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "config/option.h"
#include "config/output/option_group.h"

namespace tusk::config::output {

// For a terminal of 80 columns.
inline constexpr std::size_t kHelpWidth = 79;

// The few options that most users need, a line each.
std::string short_help_options();

// All groups; each option with its flag, whole description, variable and default.
std::string help_options();

// The options of one group: each with its flag, the first sentence of its description, and its
// default.
std::string group_help(const OptionGroup& group);

// All about one option: its names, its whole description, default, range and scope.
std::string option_help(const Option& option);

// The option as a flag: "-c, --php-ini PHP.INI".
std::string flag_usage(const Option& option);

// The default for a reader: "0 (one per CPU core)", "none".
std::string default_shown(const Option& option);

// "Address to serve on; may be given several times." of a longer text.
std::string_view first_sentence(std::string_view text);

// Fills words into lines of at most `width` columns, each indented by `indent` blanks.
std::string wrap(std::string_view text, std::size_t indent, std::size_t width = kHelpWidth);

// The filled text in the column `column`, beside `left`, or below it if that is too long.
std::string two_columns(const std::string& left, std::string_view right, std::size_t column);

}  // namespace tusk::config::output
