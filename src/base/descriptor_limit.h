// The soft limit of descriptors (RLIMIT_NOFILE): the server raises its own, since connections are
// descriptors; what it starts for scripts gets the one that the server was started with. Programs
// take that for the numbers that they may use with select(), or close them all one by one.
#pragma once

#include <sys/types.h>

namespace tusk::base {

// Thread: main, before others start.
void raise_descriptor_limit() noexcept;

// To a process of ours, 0 for the calling one; nothing if it was never raised. Thread: any; good
// between fork() and exec().
void restore_descriptor_limit(pid_t process) noexcept;

}  // namespace tusk::base
