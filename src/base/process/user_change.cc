#include "base/process/user_change.h"

#include <array>
#include <cerrno>
#include <cstdlib>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/process_user.h"

namespace tusk::base::process {

namespace {

// Each capability that is used here has its bit in the first word.
constexpr std::uint32_t bit(unsigned capability) { return 1U << capability; }

constexpr std::array<unsigned, 3> kForPrograms{CAP_SETUID, CAP_SETGID, CAP_SYS_CHROOT};

struct Capabilities {
  std::array<__user_cap_data_struct, 2> words{};
  std::uint32_t effective() const { return words[0].effective; }
  std::uint32_t permitted() const { return words[0].permitted; }
};

// The capabilities of the calling thread.
Capabilities capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  Capabilities has;
  (void)::syscall(SYS_capget, &header, has.words.data());
  return has;
}

std::uint32_t kept(Keep keep) {
  switch (keep) {
    case Keep::kNothing:
      return 0;
    case Keep::kRootChange:
      return bit(CAP_SYS_CHROOT);
    case Keep::kUserChange:
      return bit(CAP_SETUID) | bit(CAP_SETGID) | bit(CAP_KILL) | bit(CAP_SYS_CHROOT) |
             bit(CAP_SYS_PTRACE);
  }
  return 0;
}

// A program inherits the ambient capabilities of the process that executes it.
int hand_to_programs(std::uint32_t left) {
  for (const unsigned capability : kForPrograms) {
    if ((left & bit(capability)) == 0) continue;
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0) return -1;
  }
  return 0;
}

// A change from one user to another, neither of them root, keeps capabilities.
int reduce_capabilities(Keep keep) {
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) return -1;
  const std::uint32_t left = kept(keep) & capabilities().permitted();
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  Capabilities reduced;
  reduced.words[0].effective = reduced.words[0].permitted = left;
  if (keep == Keep::kUserChange) reduced.words[0].inheritable = left;
  if (::syscall(SYS_capset, &header, reduced.words.data()) != 0) return -1;
  return keep == Keep::kUserChange ? hand_to_programs(left) : 0;
}

bool may_change_group() { return (capabilities().effective() & bit(CAP_SETGID)) != 0; }

// Whether no number has to change. If the configuration names no group, and the process may not
// change its group, any group will do.
bool is_already(const UserAndGroup& to, const Identity& identity) {
  if (::geteuid() == 0 || ::geteuid() != identity.user.value_or(::geteuid())) return false;
  return ::getegid() == identity.group || (to.group.empty() && !may_change_group());
}

std::string name_of(const UserAndGroup& to) {
  return to.user.empty() ? "group " + to.group : "user " + to.user;
}

}  // namespace

Result<void> change_user(const UserAndGroup& to, Keep keep) {
  if (!to.any()) return {};
  const Result<Identity> identity = identity_of(to);
  if (!identity) return std::unexpected(identity.error());
  const std::string what = "change to " + name_of(to);
  if (is_already(to, *identity)) {
    if (reduce_capabilities(keep) != 0) return fail_errno(what, errno);
    return {};
  }
  const gid_t group = identity->group;
  if (set_groups(*identity) != 0 || ::setresgid(group, group, group) != 0)
    return fail_errno(what, errno);
  if (!identity->user) return {};
  const uid_t user = *identity->user;
  if (keep != Keep::kNothing && ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
    return fail_errno(what, errno);
  if (::setresuid(user, user, user) != 0) return fail_errno(what, errno);
  if (user != 0 && reduce_capabilities(keep) != 0) return fail_errno(what, errno);
  // The change has turned it off; a rewound worker reads its own /proc/self/pagemap.
  ::prctl(PR_SET_DUMPABLE, 1);
  if (identity->name.empty()) return {};
  ::setenv("HOME", identity->home.c_str(), 1);
  ::setenv("USER", identity->name.c_str(), 1);
  return {};
}

Result<void> may_change_user(const UserAndGroup& to) {
  if (!to.any()) return {};
  const Result<Identity> identity = identity_of(to);
  if (!identity) return std::unexpected(identity.error());
  constexpr std::uint32_t kNeeded = bit(CAP_SETUID) | bit(CAP_SETGID);
  if (is_already(to, *identity) || (capabilities().effective() & kNeeded) == kNeeded) return {};
  return fail("cannot change to " + name_of(to) + " as user " + process_user() +
              ": start tusk as root, or as that user");
}

void drop_capabilities() {
  if (::geteuid() != 0) (void)reduce_capabilities(Keep::kNothing);
}

Result<void> change_root(const std::string& directory) {
  const std::string what = "change the root directory to " + directory;
  if (::geteuid() == 0) return fail("cannot " + what + ": root can leave it; name a user");
  if (::chroot(directory.c_str()) != 0 || ::chdir("/") != 0)
    return fail_errno("cannot " + what, errno);
  if (reduce_capabilities(Keep::kNothing) != 0) return fail_errno("cannot " + what, errno);
  return {};
}

}  // namespace tusk::base::process
