#include "base/process/ended_children.h"

#include <sys/wait.h>

namespace tusk::base::process {

bool reap_children() noexcept {
  for (;;) {
    const pid_t ended = ::waitpid(-1, nullptr, WNOHANG | __WNOTHREAD);
    if (ended <= 0) return ended == 0;
  }
}

}  // namespace tusk::base::process
