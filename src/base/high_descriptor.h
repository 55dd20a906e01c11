// High descriptor numbers for the server's own descriptors, so that scripts get the low ones.
//
// select(2) only takes numbers below 1,024, and scripts use it: stream_select(), socket_select(),
// loops around proc_open(), mysqli_poll(). The kernel assigns the lowest free number, so a thousand
// idle clients would take all of them.
//
// Thread: any.
#pragma once

#include "base/unique_fd.h"

namespace tusk::base {

inline constexpr int kFirstHighDescriptor = 1024;  // FD_SETSIZE

// Moves a descriptor to a number of at least kFirstHighDescriptor, and marks it close-on-exec. Call
// it where the server opens a descriptor that it keeps, before anything knows the number. A move
// costs two system calls, so the first 256 numbers are left alone: a server that is not busy pays
// nothing, and scripts still have 768 numbers. Returns `fd` unchanged if the process may not have
// that many descriptors, or has no free one.
UniqueFd above_low_numbers(UniqueFd fd) noexcept;

}  // namespace tusk::base
