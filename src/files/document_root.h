// DocumentRoot: the directory that URL paths are looked up in, and the only gate to its files.
//
// Owner: what routes a request (one root now; one per virtual host later). Immutable: a root that
// was switched to another release is another DocumentRoot.
// Thread: any. Calls make 1 to 3 system calls that may wait for the disk.
//
// Paths are http::decode_path's result. The gate checks again what that promises: an empty path, a
// ".." segment or a NUL byte is found nowhere. It never opens
//  - a hidden segment (.git, .env; `.well-known/` as the first segment excepted);
//  - PHP source (files/php_source.h): a script runs, it is not sent;
//  - what is not a regular file. A device, FIFO or socket is not even opened: opening has effects.
// Symbolic links are followed, also out of the root (deployments and Laravel's `storage` link need
// it), but never the magic ones of /proc, where the kernel can tell (openat2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/result.h"
#include "base/unique_fd.h"

struct stat;

namespace tusk::files {

enum class Lookup : std::uint8_t {
  kFile,
  kDirectory,  // with or without a slash at the end of the path: redirecting is the router's
  kNotFound,   // also what must not be served: whether it is there is nobody's business
  kForbidden,  // the operating system denies it
  kExhausted,  // out of file descriptors or memory: 503, try again
  kFailed,     // the file system is broken: 500
};

// What identifies a version of a file's content.
struct FileInfo {
  std::uint64_t size_bytes = 0;
  std::int64_t modified_ns = 0;  // since 1970
  std::uint64_t inode = 0;
  std::uint64_t device = 0;

  bool operator==(const FileInfo&) const = default;
};

struct FoundFile {
  Lookup outcome = Lookup::kNotFound;
  FileInfo info;         // of kFile
  base::UniqueFd fd;     // of kFile, when it was opened: for reading, close-on-exec
  int error_number = 0;  // of kForbidden, kExhausted and kFailed, for the log
};

class DocumentRoot {
 public:
  // `path` absolute. Fails when it is not a directory that can be searched.
  static base::Result<DocumentRoot> open(std::string path);

  // Opens a file to be sent.
  FoundFile open_file(std::string_view path) const;

  // What is there, without opening it. A script may be found (kFile), a hidden path never.
  FoundFile find(std::string_view path) const;

  // As configured, without a slash at the end ("" for "/"): root.path() + script is a file's name.
  const std::string& path() const noexcept { return path_; }

 private:
  DocumentRoot(std::string path, base::UniqueFd fd, bool has_openat2)
      : path_(std::move(path)), fd_(std::move(fd)), has_openat2_(has_openat2) {}

  std::string path_;
  base::UniqueFd fd_;
  bool has_openat2_;
};

}  // namespace tusk::files
