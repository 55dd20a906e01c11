#include "observe/log_file.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/high_descriptor.h"
#include "observe/writers.h"

namespace tusk::observe {

namespace {

constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
constexpr mode_t kMode = 0640;

struct Directory {
  base::UniqueFd fd;
  mode_t mode = 0;
};

// Not open: it is not root's, a link, or no directory.
Directory open_below(const Directory& above, const std::string& name) {
  Directory directory;
  directory.fd = base::UniqueFd(::openat(above.fd ? above.fd.get() : AT_FDCWD, name.c_str(),
                                         O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status{};
  if (!directory.fd || ::fstat(directory.fd.get(), &status) != 0 || status.st_uid != 0) return {};
  directory.mode = status.st_mode;
  return directory;
}

// In a sticky directory each may rename and remove only what it owns.
bool may_be_moved_in(const Directory& directory) {
  return (directory.mode & (S_IWGRP | S_IWOTH)) != 0 && (directory.mode & S_ISVTX) == 0;
}

// Down from the root. Not open: somebody else than root may write to it, unless as a member of its
// group, or could have put another directory of root's in its place.
Directory open_directory_of_root(const std::string& path) {
  Directory at = open_below({}, "/");
  for (std::size_t end = 0, begin = 0; at.fd && begin < path.size(); begin = end + 1) {
    end = std::min(path.find('/', begin), path.size());
    if (end == begin) continue;
    at = may_be_moved_in(at) ? Directory{} : open_below(at, path.substr(begin, end - begin));
  }
  if ((at.mode & S_IWOTH) != 0) return {};
  return at;
}

void give_log_file(const base::process::Identity& to, const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (!path.starts_with('/')) return;
  const Directory directory = open_directory_of_root(path.substr(0, slash + 1));
  if (!directory.fd) return;
  // A group may have put a file of root's there, from a directory in which it may rename.
  const int only_new = (directory.mode & S_IWGRP) != 0 ? O_EXCL : 0;
  const base::UniqueFd file(::openat(directory.fd.get(), path.c_str() + slash + 1,
                                     kFlags | O_NOFOLLOW | only_new, kMode));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) return;
  if (!S_ISREG(status.st_mode) || status.st_nlink != 1 || status.st_uid != 0) return;
  // The process that opens the file next says what is wrong with it.
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
