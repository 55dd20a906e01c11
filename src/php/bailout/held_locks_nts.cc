#include "php/bailout/held_locks.h"

// Without thread safety PHP has no mutexes.

namespace tusk::php::bailout {

bool HeldLocks::any() noexcept { return false; }

// OPcache has a lock between processes alone.
bool HeldLocks::release(const void* /*bailout_buffer*/) noexcept { return true; }

}  // namespace tusk::php::bailout
