// NewMappings: the mappings that a request has made, and chunks of earlier requests that are handed
// out again.
//
// Owner: the AddressSpace, in kept memory. Thread: the only one; async-signal-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "php/rewind/range.h"

namespace tusk::php::rewind {

// A chunk is what ZendMM maps: 2 MB or a multiple, aligned. Chunks are not unmapped but handed out
// again with the contents that they have: that saves 512 page faults each. ZendMM does not expect
// zeros (zend_mm_chunk_init), but mmap() promises them, so only calls from the code that
// Options::chunk_callers names get such memory.
class NewMappings {
 public:
  struct Options {
    // Machine code whose large anonymous mappings need not be zero: libphp's text. Empty: no reuse.
    Range chunk_callers;
    // Chunks that are kept for reuse; more are unmapped.
    std::size_t cached_chunk_bytes = std::size_t{16} << 20;
  };

  explicit NewMappings(const Options& options) noexcept : options_(options) {}

  // Whether memory that this code maps in this way can be a chunk.
  bool is_chunk(std::uintptr_t hint, int protection, int flags, const void* caller) const noexcept;
  // A cached chunk of this size, which is a mapping of the request from now on. 0: there is none.
  std::uintptr_t reuse(std::size_t bytes) noexcept;

  // One that finds no room is not noted: the address space is then too large after the rewind's
  // unmap_all(), and is looked through.
  void add(Range range, bool is_chunk) noexcept;
  // Unmaps the range, or keeps it if it is a chunk. Returns what munmap() does.
  long unmap(Range range) noexcept;
  // The range is no longer what it was: unmapped, moved, mapped over, protected.
  void forget(Range range) noexcept;
  // Unmaps all but the chunks that are to be kept.
  void unmap_all() noexcept;

  std::size_t cached_bytes() const noexcept { return cached_bytes_; }
  std::span<const Range> cached() const noexcept { return {cached_.data(), cached_count_}; }

 private:
  struct Entry {
    Range range;
    bool is_chunk;
  };
  static constexpr std::size_t kMost = 1024;
  static constexpr std::size_t kMostCached = 64;

  bool cache(Range range) noexcept;
  void forget_entry(std::size_t index) noexcept { entries_[index] = entries_[--count_]; }

  Options options_;
  std::array<Entry, kMost> entries_{};
  std::size_t count_ = 0;
  std::array<Range, kMostCached> cached_{};
  std::size_t cached_count_ = 0;
  std::size_t cached_bytes_ = 0;
};

}  // namespace tusk::php::rewind
