// mmap(), munmap(), mremap(), mprotect(), madvise() and malloc_trim(): in a worker that is rewound
// they ask the AddressSpace (php/rewind/address_space.h), everywhere else they are system calls.
//
// They must also work before main(), when libraries start, and in handlers of signals.

#include <cerrno>
#include <cstdarg>

#include <malloc.h>
#include <sys/mman.h>

#include "base/process/sanitizer_build.h"
#include "php/libc/libc_function.h"
#include "php/rewind/address_space.h"
#include "php/rewind/raw_call.h"

#if !TUSK_SANITIZER_BUILD

namespace {

using tusk::php::rewind::AddressSpace;
using tusk::php::rewind::raw_call;

std::intptr_t with_errno(std::intptr_t result) noexcept {
  if (result >= 0 || result <= -4096) return result;
  errno = static_cast<int>(-result);
  return -1;
}

std::uintptr_t number(const void* address) noexcept {
  return reinterpret_cast<std::uintptr_t>(address);
}

void* map(void* hint, std::size_t bytes, int protection, int flags, int fd, off_t offset,
          const void* caller) noexcept {
  AddressSpace* const space = AddressSpace::current();
  const std::intptr_t result =
      space == nullptr ? raw_call(SYS_mmap, number(hint), bytes, protection, flags, fd, offset)
                       : space->map(number(hint), bytes, protection, flags, fd, offset, caller);
  return reinterpret_cast<void*>(with_errno(result));
}

}  // namespace

extern "C" {

void* mmap(void* hint, std::size_t bytes, int protection, int flags, int fd,
           off_t offset) noexcept {
  return map(hint, bytes, protection, flags, fd, offset, __builtin_return_address(0));
}

void* mmap64(void* hint, std::size_t bytes, int protection, int flags, int fd,
             off64_t offset) noexcept {
  return map(hint, bytes, protection, flags, fd, offset, __builtin_return_address(0));
}

int munmap(void* address, std::size_t bytes) noexcept {
  AddressSpace* const space = AddressSpace::current();
  return static_cast<int>(with_errno(space == nullptr ? raw_call(SYS_munmap, address, bytes)
                                                      : space->unmap(number(address), bytes)));
}

void* mremap(void* address, std::size_t old_bytes, std::size_t new_bytes, int flags, ...) noexcept {
  void* new_address = nullptr;
  if ((flags & MREMAP_FIXED) != 0) {
    va_list arguments;
    va_start(arguments, flags);
    new_address = va_arg(arguments, void*);
    va_end(arguments);
  }
  AddressSpace* const space = AddressSpace::current();
  const std::intptr_t result =
      space == nullptr
          ? raw_call(SYS_mremap, address, old_bytes, new_bytes, flags, new_address)
          : space->remap(number(address), old_bytes, new_bytes, flags, number(new_address));
  return reinterpret_cast<void*>(with_errno(result));
}

int mprotect(void* address, std::size_t bytes, int protection) noexcept {
  AddressSpace* const space = AddressSpace::current();
  return static_cast<int>(with_errno(space == nullptr
                                         ? raw_call(SYS_mprotect, address, bytes, protection)
                                         : space->protect(number(address), bytes, protection)));
}

int madvise(void* address, std::size_t bytes, int advice) noexcept {
  AddressSpace* const space = AddressSpace::current();
  return static_cast<int>(with_errno(space == nullptr
                                         ? raw_call(SYS_madvise, address, bytes, advice)
                                         : space->advise(number(address), bytes, advice)));
}

// It would discard pages inside the heap without madvise().
int malloc_trim(std::size_t pad) noexcept {
  static const auto next = tusk::php::libc::libc_function<decltype(::malloc_trim)>("malloc_trim");
  return AddressSpace::current() != nullptr ? 0 : next(pad);
}

}  // extern "C"

#endif
