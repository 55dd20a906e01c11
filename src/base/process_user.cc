#include "base/process_user.h"

#include <array>

#include <pwd.h>
#include <unistd.h>

namespace tusk::base {

std::string process_user() {
  const uid_t user = ::geteuid();
  const std::string number = "uid " + std::to_string(user);
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return number;
  }
  return std::string(found->pw_name) + " (" + number + ")";
}

}  // namespace tusk::base
