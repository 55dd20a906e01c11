#include "files/document_root.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/high_descriptor.h"
#include "files/php_source.h"
#include "http/path.h"

namespace tusk::files {
namespace {

// A URL path as the *at() calls need it: relative to the root and NUL-terminated.
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
  std::array<char, PATH_MAX> name_;  // not initialised, because mostly little of it is used
  bool valid_ = false;
};

FoundFile failed(int error_number) noexcept {
  FoundFile result;
  result.error_number = error_number;
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      result.error_number = 0;
      [[fallthrough]];
    case ENAMETOOLONG:
    case ELOOP:  // also for a link that must not be followed
    case EXDEV:  // a link that leads out of the root
    case ENXIO:  // it became a socket, or a device without a driver, between our two calls
    case ENODEV:
      result.outcome = LookupOutcome::kNotFound;
      break;
    case EACCES:
    case EPERM:
      result.outcome = LookupOutcome::kForbidden;
      break;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:  // another process holds a lease and must release it first
      result.outcome = LookupOutcome::kExhausted;
      break;
    default:
      result.outcome = LookupOutcome::kFailed;
  }
  return result;
}

std::int64_t nanoseconds(const timespec& time) noexcept {
  // Some file systems store times that do not fit into nanoseconds since 1970.
  constexpr std::int64_t kLimit_s = 9'000'000'000;
  return std::clamp<std::int64_t>(time.tv_sec, -kLimit_s, kLimit_s) * 1'000'000'000 + time.tv_nsec;
}

FoundFile found(const struct stat& info) noexcept {
  FoundFile result;
  if (S_ISREG(info.st_mode)) {
    result.outcome = LookupOutcome::kFile;
  } else if (S_ISDIR(info.st_mode)) {
    result.outcome = LookupOutcome::kDirectory;
  } else {
    result.error_number = kNotRegular;
    return result;
  }
  result.info = {.size_bytes = static_cast<std::uint64_t>(info.st_size),
                 .modified_ns = nanoseconds(info.st_mtim),
                 .changed_ns = nanoseconds(info.st_ctim),
                 .inode = info.st_ino,
                 .device = info.st_dev};
  return result;
}

// glibc 2.36 has no function for openat2(2).
int call_openat2(int directory, const char* name, int flags, std::uint64_t resolve) noexcept {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.resolve = resolve;
  int fd = -1;
  // EAGAIN: something was renamed meanwhile, so the kernel cannot tell whether ".." stayed below.
  for (int attempt = 0; attempt < 8; ++attempt) {
    fd = static_cast<int>(::syscall(SYS_openat2, directory, name, &how, sizeof how));
    if (fd >= 0 || errno != EAGAIN || (resolve & RESOLVE_BENEATH) == 0) break;
  }
  return fd;
}

std::uint64_t resolve_flags(SymbolicLinks links) noexcept {
  switch (links) {
    case SymbolicLinks::kFollow:
      break;
    case SymbolicLinks::kBeneath:
      return RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    case SymbolicLinks::kRefuse:
      return RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  }
  return RESOLVE_NO_MAGICLINKS;
}

// Without openat2: opens segment by segment, without following links. `name` has no ".." segment.
int open_segments(int root, const char* name, int flags) noexcept {
  base::UniqueFd opened;
  int at = root;
  for (;;) {
    const char* slash = std::strchr(name, '/');
    if (slash == nullptr || slash[1] == '\0') {
      const int extra = slash == nullptr ? 0 : O_DIRECTORY;
      std::array<char, NAME_MAX + 1> segment;
      const std::size_t length =
          slash == nullptr ? std::strlen(name) : static_cast<std::size_t>(slash - name);
      if (length >= segment.size()) return errno = ENAMETOOLONG, -1;
      *std::copy_n(name, length, segment.begin()) = '\0';
      return ::openat(at, segment.data(), flags | extra | O_NOFOLLOW);
    }
    std::array<char, NAME_MAX + 1> segment;
    const auto length = static_cast<std::size_t>(slash - name);
    if (length >= segment.size()) return errno = ENAMETOOLONG, -1;
    *std::copy_n(name, length, segment.begin()) = '\0';
    base::UniqueFd next(
        ::openat(at, segment.data(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return -1;
    opened = std::move(next);
    at = opened.get();
    name = slash + 1;
  }
}

std::uint64_t next_id() noexcept {
  static std::atomic<std::uint64_t> last{0};  // any thread may open roots
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

FileInfo file_info(int fd) noexcept {
  struct stat info;
  return ::fstat(fd, &info) == 0 ? found(info).info : FileInfo{};
}

base::Result<DocumentRoot> DocumentRoot::open(std::string path, SymbolicLinks links,
                                              Audience audience) {
  const std::string shown = path;
  if (!path.starts_with('/')) return base::fail("document root " + shown + " is not absolute");
  base::UniqueFd fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return base::fail_errno("document root " + shown, errno);
  if (::faccessat(fd.get(), ".", X_OK, AT_EACCESS) != 0) {
    return base::fail_errno("document root " + shown, errno);
  }
  while (path.ends_with('/')) path.pop_back();
  return DocumentRoot(std::move(path), base::above_low_numbers(std::move(fd)), links, audience);
}

DocumentRoot::DocumentRoot(std::string path, base::UniqueFd fd, SymbolicLinks links,
                           Audience audience)
    : path_(std::move(path)),
      fd_(std::move(fd)),
      id_(next_id()),
      links_(links),
      audience_(audience) {
  // openat2 is missing before Linux 5.6, and forbidden (EPERM) by older seccomp profiles.
  const base::UniqueFd probe(
      call_openat2(fd_.get(), ".", O_PATH | O_CLOEXEC, resolve_flags(links)));
  has_openat2_ = static_cast<bool>(probe);
}

std::optional<DocumentRoot> DocumentRoot::duplicate() const {
  base::UniqueFd again(base::duplicate(fd_.get()));
  if (!again) return std::nullopt;
  return DocumentRoot(path_, std::move(again), links_, audience_);
}

// Whether the audience of this root may ask for the path. A ".." segment is never allowed.
bool DocumentRoot::may_see(std::string_view path) const noexcept {
  if (audience_ == Audience::kClients) return !http::has_hidden_segment(path);
  return path.find("/../") == std::string_view::npos && !path.ends_with("/..");
}

bool DocumentRoot::may_send(std::string_view path) const noexcept {
  return audience_ == Audience::kApplication || !is_php_source(path);
}

int DocumentRoot::open_beneath(const char* name, int flags) const noexcept {
  flags |= O_CLOEXEC;
  if (has_openat2_) return call_openat2(fd_.get(), name, flags, resolve_flags(links_));
  // Without the kernel's help, kBeneath cannot be enforced: then no link is followed.
  if (links_ != SymbolicLinks::kFollow) return open_segments(fd_.get(), name, flags);
  return ::openat(fd_.get(), name, flags);
}

FoundFile DocumentRoot::find(std::string_view path) const {
  const RelativeName name(path);
  if (!may_see(path)) return {};
  if (!name.valid()) return path.size() > PATH_MAX ? failed(ENAMETOOLONG) : FoundFile{};
  struct stat info;
  if (links_ == SymbolicLinks::kFollow) {
    if (::fstatat(fd_.get(), name.c_str(), &info, 0) != 0) return failed(errno);
    return found(info);
  }
  // fstatat(2) has no option for links inside the path.
  const base::UniqueFd fd(open_beneath(name.c_str(), O_PATH));
  if (!fd || ::fstat(fd.get(), &info) != 0) return failed(errno);
  return found(info);
}

FoundFile DocumentRoot::find_script(std::string_view path) const {
  FoundFile script = find(path);
  if (script.outcome != LookupOutcome::kFile) return script;
  const RelativeName name(path);
  // Old seccomp profiles answer EPERM to the call itself. Other failures are left to PHP.
  if (::faccessat(fd_.get(), name.c_str(), R_OK, AT_EACCESS) != 0 && errno == EACCES) {
    return failed(EACCES);
  }
  return script;
}

FoundFile DocumentRoot::open_file(std::string_view path) const {
  FoundFile file = find(path);
  if (file.outcome != LookupOutcome::kFile) return file;
  if (!may_send(path)) return {};

  // The file that find() saw may have been replaced: O_NONBLOCK, so that a FIFO does not block us,
  // and the opened file is checked again.
  const RelativeName name(path);
  base::UniqueFd fd(open_beneath(name.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (!fd) return failed(errno);
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return failed(errno);
  file = found(info);
  if (file.outcome == LookupOutcome::kFile) file.fd = std::move(fd);
  return file;
}

FoundFile DocumentRoot::open_directory(std::string_view path) const {
  const RelativeName name(path);
  if (!name.valid() || !may_see(path)) return {};
  base::UniqueFd fd(open_beneath(name.c_str(), O_RDONLY | O_DIRECTORY));
  if (!fd) return failed(errno);
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return failed(errno);
  FoundFile directory = found(info);
  directory.fd = std::move(fd);
  return directory;
}

}  // namespace tusk::files
