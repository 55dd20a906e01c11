#include "net/listen_options.h"

#include <charconv>

#include <grp.h>
#include <pwd.h>

namespace tusk::net {

namespace {

std::uint32_t number_of(const std::string& text, int base) {
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, base);
  return number;
}

std::optional<uid_t> user_id(const std::string& name) {
  if (name.empty()) return std::nullopt;
  const passwd* const entry = ::getpwnam(name.c_str());
  return entry != nullptr ? entry->pw_uid : number_of(name, 10);
}

std::optional<gid_t> group_id(const std::string& name) {
  if (name.empty()) return std::nullopt;
  const group* const entry = ::getgrnam(name.c_str());
  return entry != nullptr ? entry->gr_gid : number_of(name, 10);
}

}  // namespace

ListenOptions listen_options(std::uint64_t backlog, const std::string& mode,
                             const std::string& owner, const std::string& group) {
  return {.backlog = static_cast<int>(backlog),
          .mode = static_cast<mode_t>(number_of(mode, 8)),
          .owner = user_id(owner),
          .group = group_id(group)};
}

}  // namespace tusk::net
