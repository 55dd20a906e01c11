// All of a profile as JSON: `tusk profile` merges the profiles of several processes from it.
//
// Thread: any; a pure function.
#pragma once

#include <string>

#include "observe/profile/profile.h"

namespace tusk::observe::profile {

// {"version":1, "began_ms":…, "seconds":…, "samples":…, "processes":1, "ended":"in_time",
//  "truncated":false, "notes":["…"], "frames":[["name","file"], …],
//  "nodes":[[parent, frame, line, wall_ns, cpu_ns], …]}
// The first node is the root; a parent comes before what it has called.
std::string profile_data(const Profile& profile);

}  // namespace tusk::observe::profile
