// The soft limit of descriptors (RLIMIT_NOFILE). The server raises its own limit, because each
// connection is a descriptor. Programs that it starts for scripts get the original limit: some of
// them use select(), which has room for that many numbers, and some close every possible number.
#pragma once

#include <sys/types.h>

namespace tusk::base {

// Thread: main, before other threads start.
void raise_descriptor_limit() noexcept;

// Restores the original limit of a child process, or of the calling process (0). Does nothing if
// the limit was never raised. Thread: any; may be called between fork() and exec().
void restore_descriptor_limit(pid_t process) noexcept;

}  // namespace tusk::base
