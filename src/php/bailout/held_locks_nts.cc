#include "php/bailout/held_locks.h"

// Without thread safety PHP has no mutexes.

namespace tusk::php::bailout {

bool HeldLocks::any() noexcept { return false; }

void HeldLocks::release(const void* /*bailout_buffer*/) noexcept {}

}  // namespace tusk::php::bailout
