// docs/configuration.md, from the table: `tusk config --reference` prints it, and a test fails when
// the file is not what is printed.
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <string_view>

namespace tusk::config::output {

std::string reference_markdown();

// The file that is shown as an example in it.
std::string_view example_file();

}  // namespace tusk::config::output
