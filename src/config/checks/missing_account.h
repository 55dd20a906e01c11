// Users and groups that an option names and the machine does not have.
//
// Thread: main; it asks the user database.
#pragma once

#include <string>

namespace tusk::config::checks {

// "there is no user 'NAME'". Empty: there is one, none is named, or it is a number.
std::string missing_user(const std::string& user);
std::string missing_group(const std::string& group);

}  // namespace tusk::config::checks
