// The file format of speedscope (https://www.speedscope.app/file-format-schema.json).
//
// Thread: any; a pure function.
#pragma once

#include <string>

#include "observe/profile/profile.h"

namespace tusk::observe::profile {

// A JSON document with two profiles of type "sampled" over the same frames: wall-clock time first,
// then CPU time.
std::string speedscope(const Profile& profile);

}  // namespace tusk::observe::profile
