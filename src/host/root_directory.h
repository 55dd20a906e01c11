// RootDirectory: the directory that the processes of a pool have as their root (chroot), and the
// names of files in it.
//
// Owner: the Host. Thread: the only one of its process.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "exec/executor.h"
#include "exec/job.h"

namespace tusk::host {

// The server names files from its own root directory: what it calls DIRECTORY/x is /x here.
// Without a directory nothing changes.
class RootDirectory {
 public:
  // Before enter(): symbolic links are resolved.
  explicit RootDirectory(const std::string& directory);

  bool any() const { return !configured_.empty(); }

  // Makes it the root directory of this process, for good, which loses its capabilities. Fails if
  // the process may not do that or could leave it again: for root, and if a directory is open.
  base::Result<void> enter() const;

  // The name of a file here; other files keep their names, under which nothing is found here.
  std::string_view inside(std::string_view path) const;
  void translate(exec::Job& job) const;
  void translate(exec::PoolScripts& scripts) const;

 private:
  void translate(exec::Job& job, http::Span& path) const;

  std::string configured_;  // without a slash at the end
  std::string real_;        // the same without symbolic links
};

}  // namespace tusk::host
