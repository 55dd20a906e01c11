// read_memory: reads memory of this process that may not exist. A bad address is an error, and not
// a fault.
//
// Async-signal-safe. Thread: any.
#pragma once

#include <cstddef>
#include <type_traits>

namespace tusk::observe::crash {

bool read_memory(const void* from, void* to, std::size_t bytes) noexcept;

template <class From, class To>
bool read_object(const From* from, To& to) noexcept {
  static_assert(std::is_convertible_v<From, To> && sizeof(From) == sizeof(To));
  return read_memory(from, &to, sizeof(To));
}

}  // namespace tusk::observe::crash
