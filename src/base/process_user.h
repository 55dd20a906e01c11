// The user whose rights this process has when it opens files, for messages: "www-data (uid 33)".
//
// Thread: any. It asks the user database, which may be slow.
#pragma once

#include <string>

namespace tusk::base {

std::string process_user();

}  // namespace tusk::base
