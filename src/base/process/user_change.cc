#include "base/process/user_change.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <optional>

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tusk::base::process {

namespace {

std::optional<unsigned> number_of(const std::string& text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

const passwd* entry_of(const std::string& user) {
  if (const passwd* const entry = ::getpwnam(user.c_str()); entry != nullptr) return entry;
  const std::optional<unsigned> number = number_of(user);
  return number ? ::getpwuid(*number) : nullptr;
}

Result<gid_t> group_id(const std::string& group) {
  if (const ::group* const entry = ::getgrnam(group.c_str()); entry != nullptr)
    return entry->gr_gid;
  if (const std::optional<unsigned> number = number_of(group)) return *number;
  return fail("there is no group '" + group + "'");
}

// What the process would be.
struct Identity {
  std::optional<uid_t> user;
  std::optional<gid_t> group;
  std::string name;  // in the user database; empty: it is not there
  std::string home;
};

Result<Identity> identity_of(const UserAndGroup& to) {
  Identity identity;
  if (!to.user.empty()) {
    if (const passwd* const entry = entry_of(to.user); entry != nullptr) {
      identity.user = entry->pw_uid;
      identity.group = entry->pw_gid;
      identity.name = entry->pw_name;
      identity.home = entry->pw_dir;
    } else if (const std::optional<unsigned> number = number_of(to.user)) {
      identity.user = *number;
    } else {
      return fail("there is no user '" + to.user + "'");
    }
  }
  if (!to.group.empty()) {
    const Result<gid_t> group = group_id(to.group);
    if (!group) return std::unexpected(group.error());
    identity.group = *group;
  }
  if (!identity.group) return fail("user '" + to.user + "' has no group of its own: name one");
  return identity;
}

// A change from one user to another, neither of them root, keeps capabilities.
int reduce_capabilities(Keep keep) {
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) return -1;
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> left{};
  if (keep == Keep::kRootChange)
    left[0].effective = left[0].permitted = 1U << static_cast<unsigned>(CAP_SYS_CHROOT);
  return static_cast<int>(::syscall(SYS_capset, &header, left.data()));
}

}  // namespace

Result<void> change_user(const UserAndGroup& to, Keep keep) {
  if (!to.any()) return {};
  const Result<Identity> identity = identity_of(to);
  if (!identity) return std::unexpected(identity.error());
  const std::string what =
      "change to " + (to.user.empty() ? "group " + to.group : "user " + to.user);
  const gid_t group = *identity->group;
  if (::geteuid() == identity->user.value_or(::geteuid()) && ::getegid() == group &&
      ::geteuid() != 0)
    return {};  // it is that user
  const int groups =
      identity->name.empty() ? ::setgroups(1, &group) : ::initgroups(identity->name.c_str(), group);
  if (groups != 0 || ::setresgid(group, group, group) != 0) return fail_errno(what, errno);
  if (!identity->user) return {};
  const uid_t user = *identity->user;
  if (keep == Keep::kRootChange && ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
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

Result<void> change_root(const std::string& directory) {
  const std::string what = "change the root directory to " + directory;
  if (::geteuid() == 0) return fail("cannot " + what + ": root can leave it; name a user");
  if (::chroot(directory.c_str()) != 0 || ::chdir("/") != 0)
    return fail_errno("cannot " + what, errno);
  if (reduce_capabilities(Keep::kNothing) != 0) return fail_errno("cannot " + what, errno);
  return {};
}

}  // namespace tusk::base::process
