// BootFiles: the files that a script has open when it has booted.
//
// Owner: the RewindFeed. Thread: its process's only one.
#pragma once

#include <set>
#include <string>
#include <vector>

#include <sys/types.h>

namespace tusk::host {

// A process that is forked shares the position in a file, and locks on it, with all others. So each
// worker opens the files anew, under their numbers, and goes back to their positions with its
// memory.
class BootFiles {
 public:
  // In the host: those that were opened since `before`.
  void take(const std::set<int>& before);
  // In a worker, before its memory is marked. An error: why one cannot be opened; empty: all are.
  std::string open_anew() const;
  // After each rewind.
  void put_back_positions() const noexcept;

 private:
  struct File {
    int fd = -1;
    off_t position = 0;
  };
  std::vector<File> files_;
};

}  // namespace tusk::host
