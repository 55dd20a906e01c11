#include "php/crash/held_mutexes.h"

#include <cerrno>

#include <pthread.h>
#include <time.h>

#include "base/process/sanitizer_build.h"
#include "php/libc/libc_function.h"

namespace tusk::php::crash {

namespace {

constinit thread_local int held = 0;

}  // namespace

int held_mutexes() noexcept { return held; }

#if !TUSK_SANITIZER_BUILD

namespace {

// EOWNERDEAD: locked, after an owner that has died.
int locked(int result) noexcept {
  if (result == 0 || result == EOWNERDEAD) ++held;
  return result;
}

int unlocked(int result) noexcept {
  if (result == 0) --held;
  return result;
}

}  // namespace

#endif

}  // namespace tusk::php::crash

#if !TUSK_SANITIZER_BUILD

using tusk::php::crash::locked;
using tusk::php::crash::unlocked;
using tusk::php::libc::libc_function;

extern "C" {

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  static const auto next = libc_function<decltype(::pthread_mutex_lock)>("pthread_mutex_lock");
  return locked(next(mutex));
}

int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  static const auto next =
      libc_function<decltype(::pthread_mutex_trylock)>("pthread_mutex_trylock");
  return locked(next(mutex));
}

int pthread_mutex_timedlock(pthread_mutex_t* mutex, const timespec* until) noexcept {
  static const auto next =
      libc_function<decltype(::pthread_mutex_timedlock)>("pthread_mutex_timedlock");
  return locked(next(mutex, until));
}

int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock,
                            const timespec* until) noexcept {
  static const auto next =
      libc_function<decltype(::pthread_mutex_clocklock)>("pthread_mutex_clocklock");
  return locked(next(mutex, clock, until));
}

int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  static const auto next = libc_function<decltype(::pthread_mutex_unlock)>("pthread_mutex_unlock");
  return unlocked(next(mutex));
}

int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  static const auto next =
      libc_function<decltype(::pthread_rwlock_rdlock)>("pthread_rwlock_rdlock");
  return locked(next(lock));
}

int pthread_rwlock_tryrdlock(pthread_rwlock_t* lock) noexcept {
  static const auto next =
      libc_function<decltype(::pthread_rwlock_tryrdlock)>("pthread_rwlock_tryrdlock");
  return locked(next(lock));
}

int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  static const auto next =
      libc_function<decltype(::pthread_rwlock_wrlock)>("pthread_rwlock_wrlock");
  return locked(next(lock));
}

int pthread_rwlock_trywrlock(pthread_rwlock_t* lock) noexcept {
  static const auto next =
      libc_function<decltype(::pthread_rwlock_trywrlock)>("pthread_rwlock_trywrlock");
  return locked(next(lock));
}

int pthread_rwlock_unlock(pthread_rwlock_t* lock) noexcept {
  static const auto next =
      libc_function<decltype(::pthread_rwlock_unlock)>("pthread_rwlock_unlock");
  return unlocked(next(lock));
}

}  // extern "C"

#endif
