// Which process a number means: the kernel takes the number of any thread for that of its process,
// in kill() and elsewhere.
//
// Thread: any.
#pragma once

#include <sys/types.h>

namespace tusk::php::process {

// `process` is this process, by its own number or that of one of its threads.
bool is_own_process(pid_t process) noexcept;

}  // namespace tusk::php::process
