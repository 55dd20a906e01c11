#include "php/rewind/new_mappings.h"

#include <sys/mman.h>

#include "php/rewind/raw_call.h"

namespace tusk::php::rewind {

namespace {

constexpr std::size_t kChunkBytes = std::size_t{2} << 20;  // ZEND_MM_CHUNK_SIZE

long unmap_range(Range range) noexcept { return raw_call(SYS_munmap, range.begin, range.bytes()); }

}  // namespace

bool NewMappings::is_chunk(std::uintptr_t hint, int protection, int flags,
                           const void* caller) const noexcept {
  return options_.chunk_callers.contains(reinterpret_cast<std::uintptr_t>(caller)) && hint == 0 &&
         protection == (PROT_READ | PROT_WRITE) && flags == (MAP_PRIVATE | MAP_ANONYMOUS);
}

std::uintptr_t NewMappings::reuse(std::size_t bytes) noexcept {
  // There must be room to note it.
  if (count_ == kMost) return 0;
  for (std::size_t index = 0; index < cached_count_; ++index) {
    const Range range = cached_[index];
    if (range.bytes() != bytes) continue;
    cached_[index] = cached_[--cached_count_];
    cached_bytes_ -= bytes;
    add(range, true);
    return range.begin;
  }
  return 0;
}

void NewMappings::add(Range range, bool is_chunk) noexcept {
  if (count_ != kMost) entries_[count_++] = {range, is_chunk};
}

bool NewMappings::cache(Range range) noexcept {
  if (range.begin % kChunkBytes != 0 || range.bytes() % kChunkBytes != 0 ||
      cached_count_ == kMostCached || cached_bytes_ + range.bytes() > options_.cached_chunk_bytes) {
    return false;
  }
  cached_[cached_count_++] = range;
  cached_bytes_ += range.bytes();
  return true;
}

long NewMappings::unmap(Range range) noexcept {
  for (std::size_t index = 0; index < count_; ++index) {
    if (!entries_[index].is_chunk || entries_[index].range != range || !cache(range)) continue;
    forget_entry(index);
    return 0;
  }
  const long result = unmap_range(range);
  if (result == 0) forget(range);
  return result;
}

void NewMappings::forget(Range range) noexcept {
  for (std::size_t index = 0; index < count_;) {
    const Entry entry = entries_[index];
    if (!entry.range.overlaps(range)) {
      ++index;
      continue;
    }
    forget_entry(index);  // the last takes its place, and is looked at next
    // What is left of it lies outside the range, so it is not cut again.
    if (entry.range.begin < range.begin) add({entry.range.begin, range.begin}, entry.is_chunk);
    if (entry.range.end > range.end) add({range.end, entry.range.end}, entry.is_chunk);
  }
  for (std::size_t index = 0; index < cached_count_;) {
    const Range cached = cached_[index];
    if (!cached.overlaps(range)) {
      ++index;
      continue;
    }
    cached_[index] = cached_[--cached_count_];
    cached_bytes_ -= cached.bytes();
    // What is left of it is too small to be of use.
    if (cached.begin < range.begin) unmap_range({cached.begin, range.begin});
    if (cached.end > range.end) unmap_range({range.end, cached.end});
  }
}

void NewMappings::unmap_all() noexcept {
  for (std::size_t index = 0; index < count_; ++index) {
    const Entry entry = entries_[index];
    if (!entry.is_chunk || !cache(entry.range)) unmap_range(entry.range);
  }
  count_ = 0;
}

}  // namespace tusk::php::rewind
