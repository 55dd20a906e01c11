// CapturedStderr: what this process writes to its stderr from now on is kept, and can be read: PHP
// says some of what is wrong with a php.ini there and nowhere else.
//
// Owner and thread: main, while no other thread writes.
#pragma once

#include <string>

#include "base/unique_fd.h"

namespace tusk::app {

class CapturedStderr {
 public:
  CapturedStderr();
  ~CapturedStderr() { end(); }
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;

  // Stderr is what it was; what was written in between.
  std::string end();

 private:
  base::UniqueFd kept_;    // what stderr was; none: nothing is captured
  base::UniqueFd memory_;  // what it is
};

}  // namespace tusk::app
