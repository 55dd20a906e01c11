#include "base/process/identity.h"

#include <charconv>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace tusk::base::process {

namespace {

// The highest number is no user and no group: setresuid() and its like take it for "no change".
constexpr unsigned kNoChange = ~0U;

std::optional<unsigned> number_of(const std::string& text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number == kNoChange)
    return std::nullopt;
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

}  // namespace

Result<Identity> identity_of(const UserAndGroup& named) {
  Identity identity;
  std::optional<gid_t> group;
  if (!named.user.empty()) {
    if (const passwd* const entry = entry_of(named.user); entry != nullptr) {
      identity.user = entry->pw_uid;
      group = entry->pw_gid;
      identity.name = entry->pw_name;
      identity.home = entry->pw_dir;
    } else if (const std::optional<unsigned> number = number_of(named.user)) {
      identity.user = *number;
    } else {
      return fail("there is no user '" + named.user + "'");
    }
  }
  if (!named.group.empty()) {
    const Result<gid_t> found = group_id(named.group);
    if (!found) return std::unexpected(found.error());
    group = *found;
  }
  if (!group) return fail("user '" + named.user + "' has no group of its own: name one");
  identity.group = *group;
  return identity;
}

int set_groups(const Identity& identity) {
  return identity.name.empty() ? ::setgroups(1, &identity.group)
                               : ::initgroups(identity.name.c_str(), identity.group);
}

}  // namespace tusk::base::process
