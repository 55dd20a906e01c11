// docs/configuration.md, made from the table. `tusk config --reference` prints it, and a test fails
// when the file differs.
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <string_view>

namespace tusk::config::output {

std::string reference_markdown();

// The example of a configuration file in it.
std::string_view example_file();

}  // namespace tusk::config::output
