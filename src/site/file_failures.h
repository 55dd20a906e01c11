// FileFailures: says which file was answered with an error for a reason of the file system, and as
// whom the server asked for it. Whoever asks for a file that is not there is not heard of here.
//
// For each reason once a second at most, with how many there were: clients choose the paths.
//
// Owner: the DocumentRouter. Thread: its loop.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace tusk::site {

// "Permission denied", of an errno or of files::kNotRegular.
std::string file_reason(int error_number);

class FileFailures {
 public:
  // `user`: base::process_user().
  explicit FileFailures(std::string user) : user_(std::move(user)) {}

  void note(int status, std::string_view path, int error_number,
            base::MonotonicTime now = base::now());

  const std::string& user() const { return user_; }

 private:
  struct Said {
    bool ever = false;
    base::MonotonicTime last{};
    std::uint64_t unsaid = 0;
  };

  std::string user_;
  std::map<int, Said> said_;  // by error number: a few
};

}  // namespace tusk::site
