// The command `tusk profile`.
//
// Thread: main.
#pragma once

#include <string>

#include "console/profile/profile_options.h"

namespace tusk::console::profile {

// Has all server processes take a profile, writes what they have measured together, and returns
// the exit status.
int run(const std::string& control_socket, const ProfileOptions& options);

}  // namespace tusk::console::profile
