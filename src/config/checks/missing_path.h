// What to say of a path that is not there beside that.
//
// Thread: main. Looks at the directories on the way.
#pragma once

#include <string>

namespace tusk::config::checks {

// "; did you mean /srv/site?", of what is beside it; "; there is no /srv either"; or nothing.
std::string missing_hint(const std::string& path);

}  // namespace tusk::config::checks
