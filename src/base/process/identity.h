// Identity: the numbers of a user and a group that a configuration names.
//
// Thread: main. It asks the user database, which may be slow.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "base/result.h"

namespace tusk::base::process {

struct UserAndGroup {
  std::string user;   // a name or a number; empty: the process keeps its user
  std::string group;  // the same; empty: the user's own group, or no change

  bool any() const { return !user.empty() || !group.empty(); }
  bool operator==(const UserAndGroup&) const = default;
};

struct Identity {
  std::optional<uid_t> user;  // nothing: no user is named
  gid_t group = 0;
  std::string name;  // in the user database; empty: the user is not there
  std::string home;
};

// Looks up a user, a group, or both. Fails if there is no such user or group, or if a user is a
// number that is not in the user database, and no group is named.
Result<Identity> identity_of(const UserAndGroup& named);

// Gives this process the identity's supplementary groups. Returns 0, or -1 with errno.
int set_groups(const Identity& identity);

}  // namespace tusk::base::process
