// HeldLocks: which of PHP's mutexes the calling thread holds, so that none of them outlives the
// code that took it.
//
// PHP allocates while it holds a mutex (the environment's, that of GD's cache of fonts, OPcache's).
// When memory_limit stops it there, zend_bailout() leaves by longjmp and nobody unlocks: a process
// of PHP-FPM suffers of it alone, here every thread would wait for ever. So tsrm_mutex_lock() and
// tsrm_mutex_unlock() are ours, and note for each lock the bailout buffer that was in force; a
// bailout (php/bailout.cc) unlocks what was locked since the buffer that it goes back to was set.
//
// What these mutexes protect bears that, looked through in php-src 8.4:
//   - tsrm_env_mutex: `environ`, which does not change while workers run (libc_environment.cc).
//   - gdFontCacheMutex: gdCacheGet() links an entry when it is complete, and entries are
//   malloc()ed.
//   - OPcache's zts_lock: a script, class or string is linked when it is complete. The memory of
//     one that is not is wasted until the next restart. ZCG(locked) stays until the request ends,
//     when accel_post_deactivate() clears it and unlocks. The mutex may be another thread's then,
//     so an unlock by a thread that does not hold a mutex does nothing.
//   - mysqlnd's LOCK_access: counters, read into an array. ancillary_mutex (ext/sockets): one flag.
//   - tsmm_mutex, pcre_mt, locale_mutex, php_crypt_extended_init_lock: nothing is allocated from
//     PHP's heap while they are held.
//
// Thread: any, each for itself.
#pragma once

namespace tusk::php {

class HeldLocks {
 public:
  // Async-signal-safe.
  static bool any() noexcept;
  // Unlocks what was locked under this bailout buffer.
  static void release(const void* bailout_buffer) noexcept;
};

}  // namespace tusk::php
