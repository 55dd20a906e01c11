// Reading the profile of one server process (observe/profile/profile_data.h).
//
// Thread: any; a pure function.
#pragma once

#include <string_view>

#include "base/result.h"
#include "observe/profile/profile.h"

namespace tusk::console::profile {

// A server process may be broken, or of another version: nothing in `json` is trusted. Its texts
// are made harmless.
base::Result<observe::profile::Profile> read_profile(std::string_view json);

}  // namespace tusk::console::profile
