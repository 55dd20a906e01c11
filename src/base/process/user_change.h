// The change of this process to another user, for good.
//
// Thread: the only one of its process.
#pragma once

#include <string>

#include "base/result.h"

namespace tusk::base::process {

struct UserAndGroup {
  std::string user;   // a name or a number; empty: the process keeps its user
  std::string group;  // the same; empty: the user's own group, or no change

  bool any() const { return !user.empty() || !group.empty(); }
  bool operator==(const UserAndGroup&) const = default;
};

// Gives the process that user and group, and the user's other groups, and takes all capabilities
// away from it (capabilities(7)). With a user it sets HOME and USER in the environment, as PHP-FPM
// does. Fails if the process may not do that, or there is no such user or group; then the process
// may have changed in part, and must end.
Result<void> change_user(const UserAndGroup& to);

}  // namespace tusk::base::process
