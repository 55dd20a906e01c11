// Whose rights this process has with files, for messages: "www-data (uid 33)".
//
// Thread: any; asks the system's list of users, which may be slow.
#pragma once

#include <string>

namespace tusk::base {

std::string process_user();

}  // namespace tusk::base
