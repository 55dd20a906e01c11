#include "files/current_root.h"

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/log.h"

namespace tusk::files {
namespace {

// The path by which the kernel reached an open file. realpath(3) would resolve the links again and
// might reach another release.
std::string path_of(int fd) {
  std::array<char, PATH_MAX> target;
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
  if (length <= 0 || static_cast<std::size_t>(length) == target.size()) return {};
  return {target.data(), static_cast<std::size_t>(length)};
}

std::string_view without_slashes_at_end(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

}  // namespace

base::Result<CurrentRoot> CurrentRoot::open(std::string path, SymbolicLinks links,
                                            Switches switches) {
  path = without_slashes_at_end(path).empty() && !path.empty()
             ? "/"
             : std::string(without_slashes_at_end(path));
  base::Result<CurrentRoot> root = follow(path, links);
  if (root) root->switches_ = switches;
  return root;
}

base::Result<CurrentRoot> CurrentRoot::follow(const std::string& path, SymbolicLinks links) {
  const base::UniqueFd fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return base::fail_errno("document root " + path, errno);
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return base::fail_errno("document root " + path, errno);
  std::string real = path_of(fd.get());
  struct stat again{};
  // There is no other name without /proc, or if the directory has been deleted.
  if (!real.starts_with('/') || ::stat(real.c_str(), &again) != 0 || again.st_ino != info.st_ino ||
      again.st_dev != info.st_dev) {
    real = path;
  }
  base::Result<DocumentRoot> root = DocumentRoot::open(std::move(real), links);
  if (!root) return std::unexpected(root.error());
  return CurrentRoot(path == "/" ? "" : path, links, std::move(*root), {info.st_dev, info.st_ino});
}

bool CurrentRoot::may_have_changed() {
  if (follows_link()) {
    struct stat info{};
    if (::stat(path_.c_str(), &info) == 0 && Identity{info.st_dev, info.st_ino} != identity_) {
      return true;
    }
  }
  const base::MonotonicTime now = base::now();
  if (now - checked_ < kCheckEvery) return false;
  checked_ = now;
  return true;
}

void CurrentRoot::look() {
  base::Result<CurrentRoot> found = follow(path_.empty() ? "/" : path_, links_);
  if (!found) {
    if (!warned_) {
      observe::warn("the document root is missing; still serving the previous one",
                    {{"reason", found.error().message}, {"serving", root_.path()}});
    }
    warned_ = true;
    return;
  }
  warned_ = false;
  if (found->identity_ == identity_ && found->root_.path() == root_.path()) return;
  observe::info("the document root was switched to another directory",
                {{"from", root_.path()}, {"to", found->root_.path()}});
  root_ = std::move(found->root_);
  identity_ = found->identity_;
  ++generation_;
}

}  // namespace tusk::files
