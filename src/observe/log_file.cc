#include "observe/log_file.h"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/high_descriptor.h"
#include "observe/writers.h"

namespace tusk::observe {

namespace {

constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
constexpr mode_t kMode = 0640;

// No link is followed on the way. Not open: there is none, or others than root may write to it.
base::UniqueFd open_directory_of_root(const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  base::UniqueFd directory(
      static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how)));
  struct stat status{};
  const bool is_roots = directory && ::fstat(directory.get(), &status) == 0 && status.st_uid == 0 &&
                        (status.st_mode & S_IWOTH) == 0;
  if (!is_roots) directory.reset();
  return directory;
}

void give_log_file(const base::process::Identity& to, const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return;
  const base::UniqueFd directory = open_directory_of_root(path.substr(0, slash + 1));
  if (!directory) return;
  const base::UniqueFd file(
      ::openat(directory.get(), path.c_str() + slash + 1, kFlags | O_NOFOLLOW, kMode));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) return;
  if (!S_ISREG(status.st_mode) || status.st_nlink != 1 || status.st_uid != 0) return;
  // Who opens the file next says what is wrong with it.
  (void)!::fchown(file.get(), *to.user, to.group);
}

}  // namespace

base::UniqueFd open_log_file(const std::string& path) noexcept {
  return base::above_low_numbers(base::UniqueFd(::open(path.c_str(), kFlags, kMode)));
}

void give_log_files(const base::process::UserAndGroup& to, std::span<const std::string> paths) {
  if (to.user.empty() || ::geteuid() != 0) return;
  const base::Result<base::process::Identity> identity = base::process::identity_of(to);
  if (!identity || identity->user == 0U) return;
  for (const std::string& path : paths) give_log_file(*identity, path);
}

std::vector<std::string> unopenable_log_files() {
  std::vector<std::string> problems;
  for_each_writer([&](const LineWriter& writer) {
    if (writer.path().empty() || open_log_file(writer.path())) return;
    problems.push_back("cannot open " + writer.path() + ": " +
                       std::generic_category().message(errno) +
                       "; the file that was open before is used on");
  });
  return problems;
}

bool stderr_is_journal() noexcept {
  const char* const variable = std::getenv("JOURNAL_STREAM");
  if (variable == nullptr) return false;
  const std::string_view text(variable);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  dev_t device = 0;
  ino_t inode = 0;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), text.data() + colon, device);
  const auto second = std::from_chars(text.data() + colon + 1, end, inode);
  if (first.ptr != text.data() + colon || second.ptr != end) return false;
  struct stat status{};
  return ::fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

}  // namespace tusk::observe
