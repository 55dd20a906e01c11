// The flame graph of a profile: a page for browsers in one file, without anything from elsewhere.
//
// Thread: any; a pure function.
#pragma once

#include <string>
#include <string_view>

#include "observe/profile/profile.h"

namespace tusk::observe::profile {

// Well-formed XML too. It has one SVG for wall-clock time and one for CPU time, and a table of the
// functions that took most. Without JavaScript all of it can be read; with it one can zoom and
// search.
std::string flame_graph(const Profile& profile);

// The value of the Content-Security-Policy field with which the page may be served: nothing but its
// own script and style. The page says the same itself.
std::string_view flame_graph_policy();

}  // namespace tusk::observe::profile
