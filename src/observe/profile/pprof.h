// The format of pprof (github.com/google/pprof/blob/main/proto/profile.proto).
//
// Thread: any; a pure function.
#pragma once

#include <string>

#include "observe/profile/profile.h"

namespace tusk::observe::profile {

// A gzip file with a message `Profile`. Each sample has two values, wall-clock and CPU time in
// nanoseconds; a location is a function at a line.
std::string pprof(const Profile& profile);

}  // namespace tusk::observe::profile
