// DocumentRoot: the directory that URL paths are looked up in, and the only gate to its files.
//
// Owner: what routes a request (one root now; one per virtual host later). Immutable: a root that
// was switched to another release is another DocumentRoot.
// Thread: any. Calls make 1 to 3 system calls that may wait for the disk.
// files/file_cache.h stands before it where the same names are asked for again and again.
//
// Paths are http::decode_path's result. The gate checks again what that promises: an empty path, a
// ".." segment or a NUL byte is found nowhere. It never opens
//  - a hidden segment (.git, .env; `.well-known/` as the first segment excepted);
//  - PHP source (files/php_source.h): a script runs, it is not sent;
//  - what is not a regular file. A device, FIFO or socket is not even opened: opening has effects.
// The first two do not hold for a root that only the application names files of
// (Audience::kApplication).
//
// Symbolic links: see SymbolicLinks. Where the kernel has openat2(2), it resolves the path under
// those rules itself, so that nothing can be exchanged between a check and its use; otherwise each
// segment is opened by itself. The magic links of /proc are never followed, where the kernel can
// tell (openat2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/result.h"
#include "base/unique_fd.h"

struct stat;

namespace tusk::files {

enum class LookupOutcome : std::uint8_t {
  kFile,
  kDirectory,  // with or without a slash at the end of the path: redirecting is the router's
  kNotFound,   // also what must not be served: whether it is there is nobody's business
  kForbidden,  // the operating system denies it
  kExhausted,  // out of file descriptors or memory: 503, try again
  kFailed,     // the file system is broken: 500
};

// Which symbolic links below the root are followed. The root itself may always be one.
enum class SymbolicLinks : std::uint8_t {
  kFollow,   // all: deployments, and Laravel's `storage`, which leads out of the root
  kBeneath,  // those that stay below the root, which an absolute one never does
  kRefuse,   // none: what lies behind one is not found
};

// Who chooses the names of the root's files.
enum class Audience : std::uint8_t {
  kClients,      // by URL
  kApplication,  // by X-Sendfile or X-Accel-Redirect
};

// What identifies a version of a file's content.
struct FileInfo {
  std::uint64_t size_bytes = 0;
  std::int64_t modified_ns = 0;  // since 1970
  std::int64_t changed_ns = 0;   // since 1970; also when only its name or mode was changed
  std::uint64_t inode = 0;
  std::uint64_t device = 0;

  bool operator==(const FileInfo&) const = default;
};

struct FoundFile {
  LookupOutcome outcome = LookupOutcome::kNotFound;
  FileInfo info;      // of kFile and kDirectory
  base::UniqueFd fd;  // of what was opened: for reading, close-on-exec
  // For the log: why it cannot be had. Of kNotFound 0 where there is nothing, or nothing to be
  // served; else what is odd about it (ELOOP, ENAMETOOLONG, EXDEV, kNotRegular ...).
  int error_number = 0;
};

// The error number of what is neither a file nor a directory.
constexpr int kNotRegular = -1;

// Of what is open now; zeros when that cannot be told. One system call, which does not wait.
FileInfo info_of(int fd) noexcept;

class DocumentRoot {
 public:
  // `path` absolute. Fails when it is not a directory that can be searched.
  static base::Result<DocumentRoot> open(std::string path,
                                         SymbolicLinks links = SymbolicLinks::kFollow,
                                         Audience audience = Audience::kClients);

  // The same directory once more, for another thread. None: no descriptor is left.
  std::optional<DocumentRoot> twin() const;

  // Opens a file to be sent.
  FoundFile open_file(std::string_view path) const;

  // What is there, without opening it. A script may be found (kFile), a hidden path never.
  FoundFile find(std::string_view path) const;

  // As find(), but a file that this process may not read is kForbidden: PHP could not open it.
  FoundFile find_script(std::string_view path) const;

  // Whether open_file() could ever find that path: not PHP source, where clients choose.
  bool may_send(std::string_view path) const noexcept;

  // Opens a directory, to be listed.
  FoundFile open_directory(std::string_view path) const;

  // As configured, without a slash at the end ("" for "/"): root.path() + script is a file's name.
  const std::string& path() const noexcept { return path_; }

  // Of this object among all that there ever were in this process: what was found below one root
  // is not taken for something below another.
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
