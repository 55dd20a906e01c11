// AddressSpace: what becomes of the mappings that a request makes, changes and removes.
//
// Owner: the Snapshot, in kept memory. Thread: the only one; async-signal-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <sys/types.h>

#include "php/rewind/memory_map.h"
#include "php/rewind/new_mappings.h"
#include "php/rewind/range.h"
#include "php/rewind/restored_pages.h"

namespace tusk::php::rewind {

// The functions of libc that change mappings ask current(), and call these in place of the kernel
// while there is one (php/rewind/libc_memory.cc): from the mark on. All return what the system call
// would: an address or 0, or a negative errno.
//
// A mapping that is new since the mark is unmapped by the rewind. Memory of the mark stays:
// munmap() of it is not carried out, mremap() copies it, mmap() over it fails (MAP_FIXED), and what
// mprotect() or madvise() did to it is undone.
//
// Mappings that libc makes for itself do not come here (threads' stacks, dlopen(), the locale's
// archive). The rewind sees them by the size of the address space, and unmaps whatever was not
// there at the mark: what libc knows of them is in its memory, and is forgotten with it.
class AddressSpace {
 public:
  using Options = NewMappings::Options;

  // Null: the functions of libc behave as libc's.
  static AddressSpace* current() noexcept { return current_; }
  // Before the memory is looked at: the pointer is in memory that is rewound.
  static void make_current(AddressSpace* space) noexcept { current_ = space; }

  // --- for the functions of libc ---

  // `caller` is the address to which the function returns.
  std::intptr_t map(std::uintptr_t hint, std::size_t bytes, int protection, int flags, int fd,
                    off_t offset, const void* caller) noexcept;
  std::intptr_t unmap(std::uintptr_t address, std::size_t bytes) noexcept;
  std::intptr_t remap(std::uintptr_t address, std::size_t old_bytes, std::size_t new_bytes,
                      int flags, std::uintptr_t new_address) noexcept;
  std::intptr_t protect(std::uintptr_t address, std::size_t bytes, int protection) noexcept;
  std::intptr_t advise(std::uintptr_t address, std::size_t bytes, int advice) noexcept;

  // --- for Snapshot ---

  explicit AddressSpace(const Options& options) noexcept : new_(options) {}

  // Takes down all mappings as they are. The descriptors are of
  // /proc/self/maps and statm; the buffer is for the first of them. Null, or the reason why it is
  // impossible.
  const char* take(int maps, int statm, std::span<char> buffer) noexcept;

  // Whether a function of libc was called since the last undo(), or the heap has another size.
  bool is_changed() const noexcept;
  // Undoes that. Contents that are lost become hot.
  void undo(RestoredPages& pages) noexcept;

  enum class Check : std::uint8_t {
    kSame,   // the address space has the size that it should have
    kSwept,  // it had not, and has it again
    kLost,   // memory of the mark has been unmapped: there is no way back
  };
  // Unmaps what did not come by these functions. After undo().
  Check check() noexcept;

  // Whether memory that is not restored has been made writable: it may have been changed.
  bool has_opened_constant_memory() const noexcept { return has_opened_constant_memory_; }

 private:
  struct MarkedMapping {
    Range range;
    int protection;
    bool is_private;
  };
  static constexpr std::size_t kMostNoted = 64;

  bool touches_mark(Range range) const noexcept;
  std::size_t size_now() const noexcept;
  void restore_protection(Range range) noexcept;
  void grow_stack(Range stack) noexcept;
  std::size_t sweep(bool& lost) noexcept;

  static constinit AddressSpace* current_;

  NewMappings new_;
  bool is_touched_ = false;
  bool has_opened_constant_memory_ = false;
  // The mappings at the mark, and the same with adjacent ones joined.
  std::span<MarkedMapping> mappings_;
  std::span<Range> marked_;
  std::uintptr_t heap_end_ = 0;
  std::size_t pages_ = 0;  // as statm counts them
  // Since the mark: memory of the mark whose protection or contents have been changed.
  std::array<Range, kMostNoted> protected_{};
  std::size_t protected_count_ = 0;
  std::array<Range, kMostNoted> discarded_{};
  std::size_t discarded_count_ = 0;
  int maps_ = -1;
  int statm_ = -1;
  std::span<char> buffer_;
};

}  // namespace tusk::php::rewind
