// Tells whose frames a longjmp leaves: which C library is between the caller and the frame that a
// bailout returns to. The memory of such a library is leaked.
//
// Libraries that allocate only from PHP's heap, which ends with the request (libgmp, libtidy), do
// not count here. Neither do libc and extensions of PHP, which expect it.
//
// Thread: any that runs PHP. Call it rarely, because it walks the stack.
#pragma once

namespace tusk::php::library {

// Returns the name of the library's file; null if there is none. `bailout_buffer` is in the frame
// to return to.
const char* library_above(const void* bailout_buffer) noexcept;

}  // namespace tusk::php::library
