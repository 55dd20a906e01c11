// docs/configuration.md, made from the table. `tusk config --reference` prints it, and a test fails
// when the file differs.
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <string_view>

#include "config/option.h"

namespace tusk::config::output {

std::string reference_markdown();

// " From 1 to 64.", or nothing if the option has no range.
std::string range_shown(const Option& option);

// The example of a configuration file in it.
std::string_view example_file();

}  // namespace tusk::config::output
