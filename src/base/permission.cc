#include "base/permission.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/process_user.h"

namespace tusk::base {

namespace {

std::string name_of_user(uid_t id) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(id, &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? found->pw_name : std::to_string(id);
}

std::string name_of_group(gid_t id) {
  std::array<char, 4096> buffer{};
  group entry{};
  group* found = nullptr;
  ::getgrgid_r(id, &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? found->gr_name : std::to_string(id);
}

// "drwxr-x---", as ls prints it.
std::string mode_text(mode_t mode) {
  std::string text = S_ISDIR(mode) ? "d" : S_ISSOCK(mode) ? "s" : "-";
  constexpr char kLetters[] = {'r', 'w', 'x'};
  for (unsigned bit = 0; bit < 9; ++bit) {
    text += (mode & (0400U >> bit)) != 0 ? kLetters[bit % 3] : '-';
  }
  return text;
}

std::string letters_of(int mode) {
  std::string letters;
  if ((mode & R_OK) != 0) letters += 'r';
  if ((mode & W_OK) != 0) letters += 'w';
  if ((mode & X_OK) != 0) letters += 'x';
  return letters;
}

// The first directory in the path that denies access, or the path itself.
std::string obstacle(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string directory = path.substr(0, slash);
    if (access_error(directory, X_OK) == EACCES) return directory;
  }
  return path;
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

int access_error(const std::string& path, int mode) {
  return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 ? 0 : errno;
}

std::string denial_text(const std::string& path, int mode, int error_number) {
  std::string text = std::generic_category().message(error_number);
  if (error_number != EACCES && error_number != EPERM) return text;
  text += " for user " + process_user();
  const std::string place = obstacle(path);
  struct stat status{};
  if (::stat(place.c_str(), &status) != 0) return text;
  text += ": " + place + " is " + mode_text(status.st_mode) + " of " + name_of_user(status.st_uid) +
          ":" + name_of_group(status.st_gid);
  const std::string needed = letters_of(place == path ? mode : X_OK);
  if (access_error(place, place == path ? mode : X_OK) != EACCES) return text;
  return text + "; grant access, for example: setfacl -m u:" + name_of_user(::geteuid()) + ":" +
         needed + " " + place;
}

std::string creation_denial_text(const std::string& path, int error_number) {
  return denial_text(directory_of(path), W_OK | X_OK, error_number);
}

}  // namespace tusk::base
