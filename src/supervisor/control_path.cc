#include "supervisor/control_path.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

namespace tusk::supervisor {

namespace {

constexpr std::string_view kRunDirectory = "/run";
constexpr std::string_view kName = "tusk";
constexpr std::string_view kRootEnding = "-root";
constexpr std::string_view kSocketName = "control";
constexpr std::string_view kSocketEnding = ".sock";
// More files in a directory are not looked at.
constexpr std::size_t kMaxFiles = 1000;

std::string variable(const char* name) {
  const char* const text = std::getenv(name);
  return text != nullptr && *text == '/' ? text : std::string();
}

// systemd may name several directories, with colons between them.
std::string runtime_directory() {
  const std::string directories = variable("RUNTIME_DIRECTORY");
  return directories.substr(0, directories.find(':'));
}

// Returns the directory of the user that this process runs as.
std::string own_directory() {
  if (::geteuid() == 0) return std::string(kRunDirectory) + "/" + std::string(kName);
  const std::string runtime = variable("XDG_RUNTIME_DIR");
  if (!runtime.empty()) return runtime + "/" + std::string(kName);
  return "/tmp/" + std::string(kName) + "-" + std::to_string(::geteuid());
}

// Nobody else could have put a socket there.
bool is_own(const std::string& directory) {
  struct stat status{};
  return ::lstat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
         (status.st_uid == ::geteuid() || status.st_uid == 0) &&
         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

base::Result<void> make_own(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
    return base::fail_errno("cannot make " + directory, errno);
  if (!is_own(directory))
    return base::fail(directory + " is not this user's alone; name a path with --control-socket");
  return {};
}

void add_sockets(std::vector<std::string>& found, const std::filesystem::path& directory) {
  std::error_code failed;
  std::size_t seen = 0;
  for (std::filesystem::directory_iterator entry(directory, failed), end;
       !failed && entry != end && seen < kMaxFiles; entry.increment(failed), ++seen) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(kSocketName) && name.ends_with(kSocketEnding))
      found.push_back(entry->path().string());
  }
}

}  // namespace

base::Result<std::string> automatic_control_path() {
  const std::string runtime = runtime_directory();
  if (!runtime.empty())
    return runtime + "/" + std::string(kSocketName) + std::string(kSocketEnding);
  std::string directory = own_directory();
  if (auto made = make_own(directory); !made) {
    if (::geteuid() != 0) return std::unexpected(made.error());
    // systemd has made /run/tusk for the user of the service.
    directory += kRootEnding;
    if (made = make_own(directory); !made) return std::unexpected(made.error());
  }
  return directory + "/" + std::string(kSocketName) + "-" + std::to_string(::getpid()) +
         std::string(kSocketEnding);
}

std::vector<std::string> automatic_control_sockets() {
  std::vector<std::string> found;
  const std::string runtime = runtime_directory();
  if (!runtime.empty()) add_sockets(found, runtime);
  // A command of a unit, such as ExecReload=, is for its own service, whatever else runs.
  if (!found.empty()) return found;
  // RuntimeDirectory=tusk, or tusk-shop for a second service; and root's own.
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(kRunDirectory, failed), end;
       !failed && entry != end; entry.increment(failed)) {
    if (!entry->path().filename().string().starts_with(kName)) continue;
    add_sockets(found, entry->path());
  }
  const std::string own = own_directory();
  if (::geteuid() != 0 && is_own(own)) add_sockets(found, own);
  return found;
}

}  // namespace tusk::supervisor
