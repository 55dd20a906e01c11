#include "files/document_root.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "files/php_source.h"
#include "http/path.h"

namespace tusk::files {
namespace {

// A URL path as the name that the *at() calls take: relative to the root, NUL-terminated.
class RelativeName {
 public:
  explicit RelativeName(std::string_view path) noexcept {
    if (!path.starts_with('/') || path.find('\0') != std::string_view::npos) return;
    path.remove_prefix(1);
    if (path.empty()) path = ".";
    if (path.starts_with('/') || path.size() >= name_.size()) return;
    *std::ranges::copy(path, name_.begin()).out = '\0';
    valid_ = true;
  }

  bool valid() const noexcept { return valid_; }
  const char* c_str() const noexcept { return name_.data(); }

 private:
  std::array<char, PATH_MAX> name_;  // not initialised: only what is used is written
  bool valid_ = false;
};

FoundFile failed(int error_number) noexcept {
  FoundFile result;
  result.error_number = error_number;
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:  // also a magic link that openat2 refused
    case ENXIO:  // a socket or a device without a driver, between our two calls
    case ENODEV:
      result.outcome = Lookup::kNotFound;
      result.error_number = 0;
      break;
    case EACCES:
    case EPERM:
      result.outcome = Lookup::kForbidden;
      break;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:  // leased by another process: it has to give it back first
      result.outcome = Lookup::kExhausted;
      break;
    default:
      result.outcome = Lookup::kFailed;
  }
  return result;
}

FoundFile found(const struct stat& info) noexcept {
  FoundFile result;
  if (S_ISDIR(info.st_mode)) result.outcome = Lookup::kDirectory;
  if (!S_ISREG(info.st_mode)) return result;
  result.outcome = Lookup::kFile;
  // Some file systems hold times that nanoseconds since 1970 cannot.
  constexpr std::int64_t kLimit_s = 9'000'000'000;
  const std::int64_t seconds = std::clamp<std::int64_t>(info.st_mtim.tv_sec, -kLimit_s, kLimit_s);
  result.info = {.size_bytes = static_cast<std::uint64_t>(info.st_size),
                 .modified_ns = seconds * 1'000'000'000 + info.st_mtim.tv_nsec,
                 .inode = info.st_ino,
                 .device = info.st_dev};
  return result;
}

// openat2(2) has no function in glibc 2.36.
int open_without_magic_links(int directory, const char* name, int flags) noexcept {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.resolve = RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, directory, name, &how, sizeof how));
}

}  // namespace

base::Result<DocumentRoot> DocumentRoot::open(std::string path) {
  const std::string shown = path;
  if (!path.starts_with('/')) return base::fail("document root " + shown + " is not absolute");
  base::UniqueFd fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return base::fail_errno("document root " + shown, errno);
  if (::faccessat(fd.get(), ".", X_OK, AT_EACCESS) != 0) {
    return base::fail_errno("document root " + shown, errno);
  }
  // Absent before Linux 5.6; forbidden (EPERM) by containers' older seccomp profiles.
  const base::UniqueFd probe(open_without_magic_links(fd.get(), ".", O_PATH | O_CLOEXEC));
  while (path.ends_with('/')) path.pop_back();
  return DocumentRoot(std::move(path), std::move(fd), static_cast<bool>(probe));
}

FoundFile DocumentRoot::find(std::string_view path) const {
  const RelativeName name(path);
  // A segment ".." is hidden, too.
  if (!name.valid() || http::has_hidden_segment(path)) return {};
  struct stat info;
  if (::fstatat(fd_.get(), name.c_str(), &info, 0) != 0) return failed(errno);
  return found(info);
}

FoundFile DocumentRoot::open_file(std::string_view path) const {
  FoundFile file = find(path);
  if (file.outcome != Lookup::kFile) return file;
  if (is_php_source(path)) return {};

  // What find() saw may have been replaced since: O_NONBLOCK, so that a FIFO does not hold us, and
  // a second look at what was opened.
  constexpr int kFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  const RelativeName name(path);
  base::UniqueFd fd(has_openat2_ ? open_without_magic_links(fd_.get(), name.c_str(), kFlags)
                                 : ::openat(fd_.get(), name.c_str(), kFlags));
  if (!fd) return failed(errno);
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return failed(errno);
  file = found(info);
  if (file.outcome == Lookup::kFile) file.fd = std::move(fd);
  return file;
}

}  // namespace tusk::files
