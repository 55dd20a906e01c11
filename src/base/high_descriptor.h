// Numbers of descriptors: low ones are for scripts, the server's own go out of their way.
//
// select(2) takes none from 1,024 on, and scripts use it: stream_select(), socket_select(), loops
// around proc_open(), mysqli_poll(). The kernel gives out the lowest number that is free, so a
// thousand clients that do nothing would take them all.
//
// Thread: any.
#pragma once

#include "base/unique_fd.h"

namespace tusk::base {

inline constexpr int kFirstHighDescriptor = 1024;  // FD_SETSIZE

// The same by a number of at least kFirstHighDescriptor, and not for children. To be called where
// the server opens something that it keeps, before the number is told to anybody. Moving costs two
// system calls, so the first 256 numbers are left to who comes first: a server that is not busy
// pays nothing, and scripts have 768 of their own. Where the process may not have so many
// descriptors, or has them all, `fd` stays what it is.
UniqueFd above_low_numbers(UniqueFd fd) noexcept;

}  // namespace tusk::base
