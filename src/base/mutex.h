// Mutex, MutexLock, Condition: locks that clang's thread-safety analysis checks.
//
// The macros say which lock a member or a function needs. A member is marked
// TUSK_GUARDED_BY(mutex_); a function that expects the lock to be held is marked
// TUSK_REQUIRES(mutex_). Violations fail `make clang`. If a mutex guards a single value, use
// guarded.h, which needs no macros.
//
// Thread: any.
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
// For a function whose lock is released elsewhere. Say why beside it.
#define TUSK_NO_THREAD_ANALYSIS TUSK_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace tusk::base {

// Wraps std::mutex for the analysis, which does not know libstdc++'s own types and so would not
// check data beside a std::mutex.
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

// Locks a Mutex, and unlocks it when the object ends.
class TUSK_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) TUSK_ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  ~MutexLock() TUSK_RELEASE() = default;
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  // For a stretch that runs without the lock.
  void unlock() TUSK_RELEASE() { lock_.unlock(); }
  void lock() TUSK_ACQUIRE() { lock_.lock(); }

 private:
  friend class Condition;
  std::unique_lock<std::mutex> lock_;
};

// Waits for a change, as std::condition_variable does. A wait may return spuriously; it always
// returns with the lock held. Wait in a loop and not with a predicate: inside a lambda the analysis
// does not know which locks are held.
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
