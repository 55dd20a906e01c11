// parent_of(): which process waits for another one.
//
// Thread: any; it reads /proc.
#pragma once

#include <sys/types.h>

namespace tusk::base::process {

// 0: there is no such process, or its parent is in another PID namespace. A zombie has a parent,
// too: perhaps only its first thread has ended, and the others run on.
pid_t parent_of(pid_t process);
// The same of the process whose directory in /proc that is, however its number is used by now.
pid_t parent_in(int directory);

}  // namespace tusk::base::process
