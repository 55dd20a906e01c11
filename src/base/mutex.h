// Mutex, MutexLock, Condition: the standard ones, known to clang's thread-safety analysis, with the
// macros by which members and functions say which lock they need. libstdc++'s own are not known to
// it, so data beside a std::mutex would be checked by nobody.
//
// Thread: any. A member says TUSK_GUARDED_BY(mutex_), a function that expects the lock to be held
// TUSK_REQUIRES(mutex_); `make clang` refuses what does not keep to it. A condition is waited for
// in a loop and not with a predicate: inside a lambda the analysis does not know what is locked.
// Where one value is all that a mutex guards, guarded.h says it by type alone.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define TUSK_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define TUSK_THREAD_ANNOTATION(x)
#endif

#define TUSK_GUARDED_BY(mutex) TUSK_THREAD_ANNOTATION(guarded_by(mutex))
#define TUSK_REQUIRES(...) TUSK_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define TUSK_EXCLUDES(...) TUSK_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define TUSK_ACQUIRE(...) TUSK_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define TUSK_TRY_ACQUIRE(...) TUSK_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define TUSK_RELEASE(...) TUSK_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
// For a function that locks what a caller elsewhere unlocks; says why beside it.
#define TUSK_NO_THREAD_ANALYSIS TUSK_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace tusk::base {

class TUSK_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() noexcept TUSK_ACQUIRE() { mutex_.lock(); }
  bool try_lock() noexcept TUSK_TRY_ACQUIRE(true) { return mutex_.try_lock(); }
  void unlock() noexcept TUSK_RELEASE() { mutex_.unlock(); }

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

class TUSK_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) TUSK_ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  ~MutexLock() TUSK_RELEASE() = default;
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  // For a while without the lock.
  void unlock() TUSK_RELEASE() { lock_.unlock(); }
  void lock() TUSK_ACQUIRE() { lock_.lock(); }

 private:
  friend class Condition;
  std::unique_lock<std::mutex> lock_;
};

// Each wait may return without a reason, and with the lock as it was.
class Condition {
 public:
  void wait(MutexLock& lock) { condition_.wait(lock.lock_); }

  template <class Clock, class Duration>
  std::cv_status wait_until(MutexLock& lock, std::chrono::time_point<Clock, Duration> until) {
    return condition_.wait_until(lock.lock_, until);
  }

  void notify_one() noexcept { condition_.notify_one(); }
  void notify_all() noexcept { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace tusk::base
