// Guarded<T>: a value that several threads use and that can only be reached under its mutex.
//
// Thread: any. Not for the request path, where no lock is taken per request.
#pragma once

#include "base/mutex.h"

namespace tusk::base {

// Use: `auto value = guarded.lock(); value->push_back(x);`.
template <class T>
class Guarded {
 public:
  class Access {
   public:
    Access(Mutex& mutex, T& value) : lock_(mutex), value_(value) {}
    T* operator->() const noexcept { return &value_; }
    T& operator*() const noexcept { return value_; }

   private:
    MutexLock lock_;
    T& value_;
  };

  Access lock() { return Access(mutex_, value_); }

 private:
  Mutex mutex_;
  T value_{};
};

}  // namespace tusk::base
