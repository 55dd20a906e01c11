// FileFailures: logs which file caused an error response because of the file system, and as which
// user the server tried to open it. Requests for files that do not exist are not logged.
//
// Owner: the DocumentRouter. Thread: its loop.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace tusk::site {

// "Permission denied", for an errno files::kNotRegular or files::kManyHeld.
std::string file_reason(int error_number);

// It logs each reason at most once a second, with a count, since clients choose the paths.
class FileFailures {
 public:
  // `user` is the result of base::process_user().
  explicit FileFailures(std::string user) : user_(std::move(user)) {}

  void note(int status, std::string_view path, int error_number,
            base::MonotonicTime now = base::now());

 private:
  struct Said {
    bool ever = false;
    base::MonotonicTime last{};
    std::uint64_t unsaid = 0;
  };

  std::string user_;
  std::map<int, Said> said_;  // by error number; few
};

}  // namespace tusk::site
