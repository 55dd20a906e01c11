// The change of this process to another user, and to another root directory, for good.
//
// Thread: main. change_user() changes all threads that there are, but only the calling one, and
// those that it starts, keep capabilities; the others have none afterwards.
#pragma once

#include <cstdint>

#include "base/process/identity.h"
#include "base/result.h"

namespace tusk::base::process {

// The capabilities that are left after the change.
enum class Keep : std::uint8_t {
  kNothing,
  kRootChange,  // the one that change_root() needs
  // Those by which the programs that this process executes may change to other users, and to other
  // root directories, and by which it may signal them and look at them; as far as it has them.
  kUserChange,
};

// Gives the process that user and group, and the user's other groups, and takes from it all
// capabilities (capabilities(7)) but those to keep. With a user it sets HOME and USER in the
// environment, as PHP-FPM does. Fails if the process may not do that, or there is no such user or
// group; then the process may have changed in part, and must end.
Result<void> change_user(const UserAndGroup& to, Keep keep = Keep::kNothing);

// Fails if change_user() would; the message says what to do.
Result<void> may_change_user(const UserAndGroup& to);

// Takes all capabilities away, unless the process is root's.
void drop_capabilities();

// Makes `directory` the root directory, and takes all capabilities away. Fails for root, which can
// leave it, and if the process may not change it.
Result<void> change_root(const std::string& directory);

}  // namespace tusk::base::process
