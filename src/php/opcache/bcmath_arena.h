// bcmath's arena: a buffer in the frame of the function that calculates (BC_ARENA_SETUP in
// ext/bcmath/bcmath.c of PHP 8.4). A global of the thread points to it until the function ends.
//
// A fatal error in between (memory_limit, for one number with a huge scale) leaves that frame by
// longjmp, and the global points into a stack that other frames use: the next BcMath\Number writes
// there. In a process of PHP-FPM that ends one request; here it would end the server.
//
// Thread: start-up on main, the rest on the worker that has the globals.
#pragma once

namespace tusk::php::opcache {

// Call it during module start-up.
void find_bcmath_arena() noexcept;

// Call it at a fatal error, before PHP leaves all frames.
void forget_bcmath_arena() noexcept;

}  // namespace tusk::php::opcache
