// KeptMemory: memory that a rewind does not touch.
//
// Owner: the worker process; never freed. Thread: its only one.
#pragma once

#include <cstddef>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "base/result.h"
#include "php/rewind/range.h"

namespace tusk::php::rewind {

// What has to outlive a rewind is placed here: the position in a queue, counters. Everything else
// forgets the request: members of objects that are elsewhere, statics, locals.
//
// Objects here must own nothing that is elsewhere: a std::string's text would be rewound under it.
// Their destructors never run. The memory is private: a process that a script forks has a copy.
class KeptMemory {
 public:
  // A worker makes its own after its fork, and hands range() to Snapshot::mark().
  static base::Result<KeptMemory> create(std::size_t bytes);
  KeptMemory(KeptMemory&& other) noexcept
      : range_(std::exchange(other.range_, {})), next_(other.next_) {}
  KeptMemory& operator=(KeptMemory&&) = delete;

  Range range() const noexcept { return range_; }

  // Null: it is full.
  void* allocate(std::size_t bytes, std::size_t alignment) noexcept;

  // Before the mark: what is allocated after it is allocated again after the rewind, because this
  // object itself is rewound.
  template <class T, class... Arguments>
  T* make(Arguments&&... arguments) {
    void* const place = allocate(sizeof(T), alignof(T));
    return place == nullptr ? nullptr : ::new (place) T(std::forward<Arguments>(arguments)...);
  }
  // Zeroed objects. Empty: it is full.
  template <class T>
  std::span<T> make_array(std::size_t count) noexcept {
    static_assert(std::is_trivially_copyable_v<T>);
    void* const place = allocate(count * sizeof(T), alignof(T));
    return place == nullptr ? std::span<T>() : std::span<T>(static_cast<T*>(place), count);
  }

 private:
  explicit KeptMemory(Range range) noexcept : range_(range), next_(range.begin) {}

  Range range_;
  std::uintptr_t next_;
};

}  // namespace tusk::php::rewind
