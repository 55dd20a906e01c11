// ActingUser: root acts as another user for a while, so that files are opened, made and looked at
// with that user's rights: a symbolic link that the user has made leads root nowhere.
//
// Owner: the stack. Thread: the only one of its process.
#pragma once

#include <vector>

#include <sys/types.h>

#include "base/process/identity.h"

namespace tusk::base::process {

class ActingUser {
 public:
  // Does nothing if no user is named, if there is no such user, or if the process is not root's or
  // may not change: then it goes on with the rights that it has.
  explicit ActingUser(const UserAndGroup& as);
  ~ActingUser();
  ActingUser(const ActingUser&) = delete;
  ActingUser& operator=(const ActingUser&) = delete;

 private:
  void begin(const Identity& identity);

  bool acts_ = false;
  gid_t group_ = 0;
  std::vector<gid_t> groups_;
  // The kernel resets these two at any change of the user.
  int dumpable_ = 1;
  int death_signal_ = 0;
};

}  // namespace tusk::base::process
