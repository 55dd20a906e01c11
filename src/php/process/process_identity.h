// Tells which process a number means: in kill() and elsewhere the kernel accepts the number of any
// thread for its process.
//
// Thread: any.
#pragma once

#include <sys/types.h>

namespace tusk::php::process {

// Whether `process` is this process, by its own number or that of one of its threads.
bool is_own_process(pid_t process) noexcept;

}  // namespace tusk::php::process
