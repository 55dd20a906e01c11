// Guarded<T>: data that several threads touch, reachable only under its mutex.
//
// Thread: any. Use: `auto value = guarded.lock(); value->push_back(x);`. Not for the request path
// (no lock per request under load): streams, states, admin.
#pragma once

#include "base/mutex.h"

namespace tusk::base {

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
