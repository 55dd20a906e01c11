#include "base/process/acting_user.h"

#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/check.h"

namespace tusk::base::process {

ActingUser::ActingUser(const UserAndGroup& as) {
  if (as.user.empty() || ::geteuid() != 0) return;
  const Result<Identity> identity = identity_of(as);
  if (identity && identity->user) begin(*identity);
}

// Root may lack the capabilities for it, as in a container: then it goes on as root.
void ActingUser::begin(const Identity& identity) {
  const int count = ::getgroups(0, nullptr);
  groups_.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  if (count > 0 && ::getgroups(count, groups_.data()) != count) return;
  group_ = ::getegid();
  dumpable_ = ::prctl(PR_GET_DUMPABLE);
  ::prctl(PR_GET_PDEATHSIG, &death_signal_);
  if (set_groups(identity) != 0) return;
  acts_ = true;
  if (::setegid(identity.group) == 0) (void)!::seteuid(*identity.user);
}

ActingUser::~ActingUser() {
  if (!acts_) return;
  // Going on with the wrong rights would be worse than an end.
  TUSK_CHECK(::seteuid(0) == 0 && ::setegid(group_) == 0);
  TUSK_CHECK(::setgroups(groups_.size(), groups_.data()) == 0);
  if (dumpable_ == 1) ::prctl(PR_SET_DUMPABLE, 1);
  ::prctl(PR_SET_PDEATHSIG, death_signal_);
}

}  // namespace tusk::base::process
