// raw_call: a system call that writes no memory of libc's: no errno, no cancellation.
//
// A rewind makes its calls with it, because errno is in memory that is being restored. The
// functions of libc that php/rewind/libc_memory.cc replaces end in it too: they are called before
// anything of libc can be looked up.
//
// Async-signal-safe. Thread: any.
#pragma once

#include <type_traits>

#include <sys/syscall.h>

namespace tusk::php::rewind {

inline long raw_call_of_six(long number, long a, long b, long c, long d, long e, long f) noexcept {
#if defined(__x86_64__)
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc #0"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
               : "memory");
  return x0;
#else
#error "raw_call() is written for x86-64 and aarch64"
#endif
}

template <class T>
long raw_argument(T value) noexcept {
  if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<long>(value);
  } else {
    return static_cast<long>(value);
  }
}

// What the kernel returns: an error is a negative errno.
template <class... Arguments>
long raw_call(long number, Arguments... arguments) noexcept {
  static_assert(sizeof...(Arguments) <= 6);
  const long all[6] = {raw_argument(arguments)...};
  return raw_call_of_six(number, all[0], all[1], all[2], all[3], all[4], all[5]);
}

}  // namespace tusk::php::rewind
