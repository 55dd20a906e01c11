// CapturedOutput: the output of a file descriptor, for unit tests.
//
// Thread: one.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace tusk::observe {

// Captures what is written to a file descriptor while this object lives. For unit tests only.
class CapturedOutput {
 public:
  explicit CapturedOutput(int fd)
      : fd_(fd), saved_(::dup(fd)), file_(::memfd_create("captured", MFD_CLOEXEC)) {
    // Several processes may write: O_APPEND, because write() does not lock a memfd's offset.
    EXPECT_EQ(::fcntl(file_.get(), F_SETFL, O_APPEND), 0);
    EXPECT_GE(::dup2(file_.get(), fd_), 0);
  }
  ~CapturedOutput() { ::dup2(saved_.get(), fd_); }
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;

  std::string text() const {
    std::string all;
    char buffer[4096];
    for (off_t at = 0;;) {
      const ssize_t got = ::pread(file_.get(), buffer, sizeof buffer, at);
      if (got <= 0) return all;
      all.append(buffer, static_cast<std::size_t>(got));
      at += got;
    }
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    std::istringstream in(text());
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }

 private:
  int fd_;
  base::UniqueFd saved_;
  base::UniqueFd file_;
};

}  // namespace tusk::observe
