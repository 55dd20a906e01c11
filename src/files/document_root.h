// DocumentRoot: the directory in which URL paths are looked up, and the only gate to its files.
//
// Owner: the component that routes requests (one root now, one per virtual host later). Immutable:
// a root that was switched to another release is another DocumentRoot. Thread: any. Calls make 1 to
// 3 system calls that may wait for the disk; FileCache (file_cache.h) saves them where the same
// names are requested repeatedly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/result.h"
#include "base/unique_fd.h"
#include "config/choices.h"

struct stat;

namespace tusk::files {

enum class LookupOutcome : std::uint8_t {
  kFile,
  kDirectory,  // whether or not the path ends with a slash: the router redirects
  kNotFound,   // also if it must not be served: clients may not learn whether it exists
  kForbidden,  // the operating system denies access
  kExhausted,  // out of file descriptors or memory: 503, try again
  kFailed,     // the file system is broken: 500
};

// Below the root; the root itself may always be a symbolic link.
using config::SymbolicLinks;

// The party that chooses the names of files in the root.
enum class Audience : std::uint8_t {
  kClients,      // by URL
  kApplication,  // by X-Sendfile or X-Accel-Redirect
};

// Identifies a version of a file's content.
struct FileInfo {
  std::uint64_t size_bytes = 0;
  std::int64_t modified_ns = 0;  // since 1970
  std::int64_t changed_ns = 0;   // since 1970; also changes with the file's name or mode
  std::uint64_t inode = 0;
  std::uint64_t device = 0;

  bool operator==(const FileInfo&) const = default;
};

struct FoundFile {
  LookupOutcome outcome = LookupOutcome::kNotFound;
  FileInfo info;      // of kFile and kDirectory
  base::UniqueFd fd;  // if it was opened: for reading, close-on-exec
  // Why it is not available, for the log. For kNotFound it is 0 if nothing is there or may be
  // served, otherwise the odd reason (ELOOP, ENAMETOOLONG, EXDEV, kNotRegular ...).
  int error_number = 0;
};

// The error number for something that is neither a file nor a directory.
constexpr int kNotRegular = -1;

// The error number for a file that is not opened because responses hold too many already.
constexpr int kManyHeld = -2;

// Describes an open file; all zeros if that fails. One system call, which does not wait.
FileInfo file_info(int fd) noexcept;

// Paths are results of http::decode_path. The gate checks its guarantees again: an empty path, a
// ".." segment or a NUL byte is never found. It never opens
//  - a hidden segment (.git, .env), except `.well-known/` as the first one;
//  - PHP source (files/php_source.h): scripts run, they are not sent;
//  - anything but a regular file. A device, FIFO or socket is not even opened, as opening has
//    effects.
// The first two do not hold for a root whose files only the application names
// (Audience::kApplication).
//
// If the kernel has openat2(2), it resolves the path under the rules of SymbolicLinks itself, so
// that nothing can be exchanged between a check and its use; otherwise each segment is opened
// separately. With openat2 the magic links of /proc are never followed.
class DocumentRoot {
 public:
  // `path` is absolute. Fails if it is not a directory that can be searched.
  static base::Result<DocumentRoot> open(std::string path,
                                         SymbolicLinks links = SymbolicLinks::kFollow,
                                         Audience audience = Audience::kClients);

  // The same directory for another thread. Nothing if there is no descriptor left.
  std::optional<DocumentRoot> duplicate() const;

  // Opens a file to send.
  FoundFile open_file(std::string_view path) const;

  // Looks a path up without opening it. It may find a script (kFile), but never a hidden path.
  FoundFile find(std::string_view path) const;

  // Like find(), but a file that this process may not read is kForbidden, since PHP could not open
  // it.
  FoundFile find_script(std::string_view path) const;

  // Whether open_file() could find that path: never for PHP source if clients choose the names.
  bool may_send(std::string_view path) const noexcept;

  // Opens a directory to list.
  FoundFile open_directory(std::string_view path) const;

  // The configured path without a trailing slash ("" for "/"): root.path() + script is the file's
  // name.
  const std::string& path() const noexcept { return path_; }

  // Unique among all objects of this process, so that a file found below one root is never taken
  // for one below another.
  std::uint64_t id() const noexcept { return id_; }

 private:
  DocumentRoot(std::string path, base::UniqueFd fd, SymbolicLinks links, Audience audience);

  bool may_see(std::string_view path) const noexcept;
  int open_beneath(const char* name, int flags) const noexcept;

  std::string path_;
  base::UniqueFd fd_;
  std::uint64_t id_;
  SymbolicLinks links_;
  Audience audience_;
  bool has_openat2_;
};

}  // namespace tusk::files
