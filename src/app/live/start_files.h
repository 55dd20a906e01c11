// StartFiles: files that a process reads at its start only, such as php.ini and its own program.
// When one has changed, a new process would be another one.
//
// Owner: Serving. Thread: main.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tusk::app::live {

class StartFiles {
 public:
  // Notes how the files, directories and this program are now.
  explicit StartFiles(const std::vector<std::string>& paths);

  // One that has changed, by its path. Nothing: none has.
  std::optional<std::string> changed() const;

 private:
  struct File {
    std::string path;
    // All zero: it does not exist.
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t changed_ns = 0;
    bool is_hidden = false;  // from the user of this process: it counts as changed

    bool operator==(const File&) const = default;
  };
  static File look_at(std::string path);

  std::vector<File> files_;
};

}  // namespace tusk::app::live
