// AddressSpace: what becomes of the mappings that a request makes, changes and removes.
//
// Owner: the Snapshot, in kept memory. Thread: the only one; async-signal-safe.
#pragma once

#include <cstddef>
#include <cstdint>

#include <sys/types.h>

#include "php/rewind/range.h"

namespace tusk::php::rewind {

// The functions of libc that change mappings ask current(), and call these in place of the kernel
// while there is one (php/rewind/libc_memory.cc): from the mark on. All return what the system call
// would: an address or 0, or a negative errno.
//
// A mapping that is new since the mark is unmapped by the rewind. Memory of the mark stays: munmap()
// of it is not carried out, mremap() copies it, and what mprotect() or madvise() did to it is undone.
//
// Mappings that libc makes for itself do not come here (threads' stacks, dlopen(), the locale's
// archive). The rewind sees them by the size of the address space, and unmaps whatever was not there
// at the mark.
//
// Chunks that ZendMM maps (2 MB, or a multiple, aligned) are not unmapped but handed out again, with
// the contents that they have: that saves 512 page faults each. ZendMM does not expect zeros, but
// mmap() promises them, so only calls from the code that Options::chunk_callers names get such memory.
class AddressSpace {
 public:
  struct Options {
    // Machine code whose large anonymous mappings need not be zero: libphp's text. Empty: no reuse.
    Range chunk_callers;
    // Chunks that are kept between requests; the rest is unmapped.
    std::size_t cached_chunk_bytes = std::size_t{16} << 20;
  };

  // Null: the functions of libc behave as libc's.
  static AddressSpace* current() noexcept { return current_; }

  std::intptr_t map(std::uintptr_t hint, std::size_t bytes, int protection, int flags, int fd,
                    off_t offset, const void* caller) noexcept;
  std::intptr_t unmap(std::uintptr_t address, std::size_t bytes) noexcept;
  std::intptr_t remap(std::uintptr_t address, std::size_t old_bytes, std::size_t new_bytes,
                      int flags, std::uintptr_t new_address) noexcept;
  std::intptr_t protect(std::uintptr_t address, std::size_t bytes, int protection) noexcept;
  std::intptr_t advise(std::uintptr_t address, std::size_t bytes, int advice) noexcept;

 private:
  static constinit AddressSpace* current_;
};

}  // namespace tusk::php::rewind
