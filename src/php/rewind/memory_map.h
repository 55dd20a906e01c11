// MemoryMap: reads /proc/self/maps or /proc/self/smaps without allocating.
//
// Async-signal-safe after construction. Thread: the owner's.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "php/rewind/range.h"

namespace tusk::php::rewind {

struct Mapping {
  Range range;
  int protection = 0;  // PROT_READ …
  bool shared = false;
  bool file = false;   // pages that were never written are the file's
  bool stack = false;  // of the main thread
  // Only smaps tells these.
  bool wiped = false;   // empty in a forked child, or whenever the kernel likes: not to be restored
  bool huge = false;    // MAP_HUGETLB
  bool device = false;  // pages that are not memory

  // Whether a process can change it for itself alone. What is not writable is not restored, even if
  // it has been (RELRO): nobody can have changed it since.
  bool is_private_writable() const noexcept;
};

class MemoryMap {
 public:
  // The descriptor is of one of the two files, the buffer has room for the longest line: a path.
  MemoryMap(int fd, std::span<char> buffer) noexcept;

  // In the order of addresses. False: that was the last one, or failed() is true.
  bool next(Mapping& mapping) noexcept;
  bool failed() const noexcept { return failed_; }

 private:
  bool line(std::string_view& text) noexcept;
  void fill() noexcept;

  int fd_;
  std::span<char> buffer_;
  std::size_t begin_ = 0;  // of what is read and not yet handed out
  std::size_t end_ = 0;
  Mapping pending_;
  bool has_pending_ = false;
  bool at_end_ = false;
  bool failed_ = false;
};

}  // namespace tusk::php::rewind
