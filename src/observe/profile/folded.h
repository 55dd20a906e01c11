// Folded stacks: one stack in each line, outermost function first, and its time in microseconds.
//
// Thread: any; a pure function.
#pragma once

#include <string>

#include "observe/profile/format.h"

namespace tusk::observe::profile {

// "{main} /srv/index.php;App->run;sleep;[waits in clock_nanosleep] 1203001". flamegraph.pl,
// inferno, speedscope and others read it. A ';' in a name becomes ':'.
std::string folded(const Profile& profile, Clock clock);

}  // namespace tusk::observe::profile
