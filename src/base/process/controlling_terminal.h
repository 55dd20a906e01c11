// Whether the process has a controlling terminal.
//
// Thread: main.
#pragma once

#include <fcntl.h>

#include "base/unique_fd.h"

namespace tusk::base::process {

// False too when the terminal that the process was started on has been closed.
inline bool has_controlling_terminal() noexcept {
  const UniqueFd terminal(::open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  return static_cast<bool>(terminal);
}

}  // namespace tusk::base::process
