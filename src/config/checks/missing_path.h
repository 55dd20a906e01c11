// A hint for a path that does not exist.
//
// Thread: main. Reads the path's directory.
#pragma once

#include <string>

namespace tusk::config::checks {

// "; did you mean /srv/site?" if a similar name is in the same directory, "; there is no /srv
// either", or an empty text.
std::string missing_hint(const std::string& path);

}  // namespace tusk::config::checks
