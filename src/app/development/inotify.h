// Inotify: the kernel's reports of changes in directories.
//
// Owner: a FileWatcher. Thread: the watcher's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tusk::app::development {

class Inotify {
 public:
  // The events that were reported since the last call.
  struct Report {
    std::vector<std::string> paths;  // of files that were written, created, moved or removed
    // Directories have changed, or reports were lost: `paths` is not all.
    bool incomplete = false;
  };

  static base::Result<Inotify> create();

  // Watches these directories, and no others. Fails if the kernel allows no more watches.
  base::Result<void> watch(const std::vector<std::string>& directories);
  // Does not wait.
  Report read();
  // Readable: there is something to read.
  int descriptor() const { return fd_.get(); }

  // Whether changes by others may go unreported in this directory, because its file system is on
  // another machine or in another system.
  static bool is_unreliable_for(const std::string& directory);

 private:
  explicit Inotify(base::UniqueFd fd) : fd_(std::move(fd)) {}
  void take(int watch, std::uint32_t mask, std::string_view name, Report& report);

  base::UniqueFd fd_;
  std::unordered_map<int, std::string> directories_;  // by watch
};

}  // namespace tusk::app::development
