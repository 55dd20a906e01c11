#include <cstddef>

#include <pthread.h>

#include "php/bailout/held_locks.h"
#include "php/zend.h"

namespace tusk::php::bailout {

namespace {

struct HeldLock {
  pthread_mutex_t* mutex;
  const void* bailout_buffer;
};

// PHP nests at most two. Locks beyond the last place are taken too, but only counted.
constexpr std::size_t kPlaces = 16;

// Volatile: a signal handler of the same thread may read the number at any time.
constinit thread_local volatile std::size_t held_count = 0;
constinit thread_local HeldLock held[kPlaces] = {};
constinit thread_local std::size_t held_beyond = 0;

// Null if PHP is not up yet, or if the thread has no globals yet or any more: ts_free_thread()
// clears what tsrm_get_ls_cache() returns and then unlocks. A thread that gets new globals has the
// old ones in its cache until the new ones are complete.
const void* bailout_buffer_in_force() noexcept {
  void* const globals = tsrm_get_ls_cache();
  return globals != nullptr && globals == TSRMLS_CACHE ? EG(bailout) : nullptr;
}

void note(pthread_mutex_t* mutex) noexcept {
  const std::size_t count = held_count;
  if (count == kPlaces) {
    ++held_beyond;
    return;
  }
  held[count] = {mutex, bailout_buffer_in_force()};
  held_count = count + 1;
}

void forget(std::size_t index) noexcept {
  const std::size_t last = held_count - 1;
  for (std::size_t i = index; i < last; ++i) held[i] = held[i + 1];
  held_count = last;
}

// False: this thread does not hold it.
bool forget(const pthread_mutex_t* mutex) noexcept {
  for (std::size_t i = held_count; i-- > 0;) {
    if (held[i].mutex != mutex) continue;
    forget(i);
    return true;
  }
  if (held_beyond == 0) return false;
  --held_beyond;
  return true;
}

}  // namespace

bool HeldLocks::any() noexcept { return held_count != 0; }

bool HeldLocks::release(const void* bailout_buffer) noexcept {
  const std::size_t before = held_count;
  for (std::size_t i = held_count; i-- > 0;) {
    if (held[i].bailout_buffer != bailout_buffer) continue;
    pthread_mutex_t* const mutex = held[i].mutex;
    forget(i);
    pthread_mutex_unlock(mutex);
  }
  return held_count == 0 && before != 0;
}

}  // namespace tusk::php::bailout

// The following functions replace libphp's functions of these names (TSRM/TSRM.c).

extern "C" {

TSRM_API int tsrm_mutex_lock(MUTEX_T mutex) {
  const int error = pthread_mutex_lock(mutex);
  if (error == 0) tusk::php::bailout::note(mutex);
  return error;
}

// OPcache unlocks when a request ends if its own flag says that it is locked
// (zend_shared_alloc_safe_unlock()). After a bailout that flag is out of date, and the mutex may be
// another thread's by then.
TSRM_API int tsrm_mutex_unlock(MUTEX_T mutex) {
  return tusk::php::bailout::forget(mutex) ? pthread_mutex_unlock(mutex) : 0;
}

}  // extern "C"
