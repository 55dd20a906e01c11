#include "config/checks/missing_account.h"

#include <string_view>

#include <grp.h>
#include <pwd.h>

namespace tusk::config::checks {

namespace {

bool needs_an_entry(std::string_view name) {
  return name.find_first_not_of("0123456789") != std::string_view::npos;
}

}  // namespace

std::string missing_user(const std::string& user) {
  if (!needs_an_entry(user) || ::getpwnam(user.c_str()) != nullptr) return {};
  return "there is no user '" + user + "'";
}

std::string missing_group(const std::string& group) {
  if (!needs_an_entry(group) || ::getgrnam(group.c_str()) != nullptr) return {};
  return "there is no group '" + group + "'";
}

}  // namespace tusk::config::checks
