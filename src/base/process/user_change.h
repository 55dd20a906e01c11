// The change of this process to another user, and to another root directory, for good.
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

enum class Keep { kNothing, kRootChange };  // kRootChange: the capability that change_root() needs

// Gives the process that user and group, and the user's other groups, and takes all other
// capabilities away from it (capabilities(7)). With a user it sets HOME and USER in the
// environment, as PHP-FPM does. Fails if the process may not do that, or there is no such user or
// group; then the process may have changed in part, and must end.
Result<void> change_user(const UserAndGroup& to, Keep keep = Keep::kNothing);

// Makes `directory` the root directory, and takes all capabilities away. Fails for root, which can
// leave it, and if the process may not change it.
Result<void> change_root(const std::string& directory);

}  // namespace tusk::base::process
