// CapturedStderr: what PHP writes to stderr while it starts.
//
// Owner and thread: main, while no other thread writes.
#pragma once

#include <string>

#include "base/unique_fd.h"

namespace tusk::app {

// Keeps what this process writes to stderr while the object exists. PHP reports some mistakes in a
// php.ini on stderr and nowhere else.
class CapturedStderr {
 public:
  CapturedStderr();
  ~CapturedStderr() { end(); }
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;

  // Restores stderr, and returns what was written in between.
  std::string end();

 private:
  base::UniqueFd kept_;    // the original stderr; none: nothing is captured
  base::UniqueFd memory_;  // the memfd that is stderr meanwhile
};

}  // namespace tusk::app
