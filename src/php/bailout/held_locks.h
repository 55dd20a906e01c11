// HeldLocks: records which of PHP's mutexes the calling thread holds, so that none stays locked
// after the code that took it has ended.
//
// Thread: any, each for its own locks.
#pragma once

namespace tusk::php::bailout {

// PHP allocates while it holds a mutex (the environment's, that of GD's font cache, OPcache's). If
// memory_limit stops it there, zend_bailout() leaves by longjmp and the mutex stays locked. In
// PHP-FPM only that process suffers; here every thread would wait for ever. So tsrm_mutex_lock()
// and tsrm_mutex_unlock() are replaced, and record for each lock the bailout buffer that was in
// force. A bailout (php/bailout/bailout.cc) unlocks what was locked since the buffer that it
// returns to was set.
//
// The data that these mutexes protect tolerates that; checked in php-src 8.4:
//   - tsrm_env_mutex: `environ`, which does not change while workers run (libc_environment.cc).
//   - gdFontCacheMutex: gdCacheGet() links an entry when it is complete, and entries are
//     malloc()ed.
//   - OPcache's zts_lock: a script, class or string is linked when it is complete. The memory of
//     an incomplete one is wasted until the next restart. ZCG(locked) stays until the request
//     ends, when accel_post_deactivate() clears it and unlocks. The mutex may be another thread's
//     then, so an unlock by a thread that does not hold a mutex does nothing.
//   - mysqlnd's LOCK_access: counters, read into an array. ancillary_mutex (ext/sockets): one flag.
//   - tsmm_mutex, pcre_mt, locale_mutex, php_crypt_extended_init_lock: nothing is allocated from
//     PHP's heap while they are held.
class HeldLocks {
 public:
  // Async-signal-safe.
  static bool any() noexcept;
  // Unlocks what was locked under this bailout buffer. True: OPcache's mutex may have been among
  // it, and this thread holds none now.
  static bool release(const void* bailout_buffer) noexcept;
};

}  // namespace tusk::php::bailout
