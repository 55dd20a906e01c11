// Values of environment variables that are most likely not meant for tusk: other programs use the
// same name (config/environment.h: is_common_name), and tusk cannot use the value.
//
// Thread: main.
#pragma once

#include <string>

#include "config/load.h"

namespace tusk::config::checks {

// The warning; `message` says what is wrong with the value.
std::string disowned_text(const Option& option, const Origin& origin, const std::string& message);

// If the option's value came from such a variable, gives the option its default, and warns. False:
// the value came from elsewhere.
bool disown(Loaded& loaded, const Option& option, const std::string& message);

}  // namespace tusk::config::checks
