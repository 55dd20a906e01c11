// The answer to `tusk status` as text for people.
//
// Thread: any; a pure function.
#pragma once

#include <string>
#include <string_view>

namespace tusk::console {

// `json` is what the supervisor has answered (supervisor/status.h). Values that are missing are
// left out: the supervisor may be of another version.
std::string status_text(std::string_view json);

}  // namespace tusk::console
