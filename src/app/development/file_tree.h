// FileTree: the watched files as they were last seen.
//
// Owner: a FileWatcher. Thread: the watcher's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <sys/stat.h>

#include "app/development/watch_globs.h"

namespace tusk::app::development {

class FileTree {
 public:
  struct Limits {
    std::size_t directories = 8192;
    std::size_t files = 50'000;
  };

  FileTree(const WatchGlobs& globs, Limits limits) : globs_(globs), limits_(limits) {}

  // Reads all directories. Returns the paths of the files that were written, replaced, created or
  // removed since the last call.
  std::vector<std::string> refresh();
  // The same for one path. True: it has changed.
  bool refresh(const std::string& path);

  // The state at the last refresh().
  const std::vector<std::string>& directories() const { return directories_; }
  std::size_t files() const { return files_.size(); }
  // A limit was reached: some files are not watched.
  bool is_cut() const { return cut_; }
  // A directory in which the search begins does not exist.
  bool lacks_a_base() const { return !missing_bases_.empty(); }
  // One of those exists now.
  bool has_new_base() const;

 private:
  struct State {
    std::int64_t modified_ns = 0;
    std::int64_t size = 0;
    std::uint64_t inode = 0;

    bool operator==(const State&) const = default;
  };
  using Files = std::unordered_map<std::string, State>;
  struct Reading;

  static State state_of(const struct stat& status);
  void read_directory(const std::string& path, Reading& reading);

  const WatchGlobs& globs_;
  const Limits limits_;
  std::vector<std::string> directories_;
  Files files_;
  bool cut_ = false;
  std::vector<std::string> missing_bases_;
};

}  // namespace tusk::app::development
