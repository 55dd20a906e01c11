// How long a profile may take.
//
// Thread: any; a pure function.
#pragma once

#include <string_view>

#include "base/result.h"

namespace tusk::observe::profile {

inline constexpr double kFewestSeconds = 0.1;
inline constexpr double kMostSeconds = 3600;

// "30", "2.5". An error says what is allowed.
base::Result<double> read_seconds(std::string_view text);

}  // namespace tusk::observe::profile
