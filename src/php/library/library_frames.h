// Whose frames a longjmp leaves: which C library is between the caller and the frame that a bailout
// goes back to. What such a library has allocated nobody frees any more.
//
// Libraries do not count here that have all they allocate from PHP's heap, which ends with the
// request (libgmp, libtidy), nor does the C library, nor do extensions of PHP: they expect it.
//
// Thread: any that runs PHP; to be asked rarely, since it walks the stack.
#pragma once

namespace tusk::php::library {

// The name of its file; null if there is none. `bailout_buffer` is in the frame to go back to.
const char* library_above(const void* bailout_buffer) noexcept;

}  // namespace tusk::php::library
