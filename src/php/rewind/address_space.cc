#include "php/rewind/address_space.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/mman.h>

#include "php/rewind/kept_memory.h"
#include "php/rewind/range_list.h"
#include "php/rewind/raw_call.h"

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

namespace tusk::php::rewind {

namespace {

Range whole_pages(std::uintptr_t address, std::size_t bytes) noexcept {
  return {page_below(address), page_above(address + bytes)};
}

bool is_error(std::intptr_t result) noexcept { return result < 0 && result > -4096; }

// Adds a range; what finds no room is joined with the last one, and all between.
template <std::size_t kRoom>
void note(std::array<Range, kRoom>& ranges, std::size_t& count, Range range) noexcept {
  if (count < kRoom) {
    ranges[count++] = range;
    return;
  }
  Range& last = ranges[kRoom - 1];
  last = {std::min(last.begin, range.begin), std::max(last.end, range.end)};
}

}  // namespace

constinit AddressSpace* AddressSpace::current_ = nullptr;

bool AddressSpace::touches_mark(Range range) const noexcept {
  const auto marked = first_ending_after(marked_, range.begin);
  return marked != marked_.end() && marked->begin < range.end;
}

std::intptr_t AddressSpace::map(std::uintptr_t hint, std::size_t bytes, int protection, int flags,
                                int fd, off_t offset, const void* caller) noexcept {
  is_touched_ = true;
  const bool is_chunk = new_.is_chunk(hint, protection, flags, caller);
  if (is_chunk) {
    if (const std::uintptr_t reused = new_.reuse(bytes); reused != 0) {
      return static_cast<std::intptr_t>(reused);
    }
  }
  const bool fixed = (flags & MAP_FIXED) != 0;
  if (fixed && touches_mark(whole_pages(hint, bytes))) return -ENOMEM;
  const std::intptr_t result = raw_call(SYS_mmap, static_cast<long>(hint), static_cast<long>(bytes),
                                        protection, flags, fd, static_cast<long>(offset));
  if (is_error(result)) return result;
  const Range made = whole_pages(static_cast<std::uintptr_t>(result), bytes);
  if (fixed) new_.forget(made);
  new_.add(made, is_chunk);
  return result;
}

std::intptr_t AddressSpace::unmap(std::uintptr_t address, std::size_t bytes) noexcept {
  is_touched_ = true;
  if (address % kPageBytes != 0 || bytes == 0 || address + bytes < address) return -EINVAL;
  std::intptr_t result = 0;
  for_each_outside(whole_pages(address, bytes), std::span<const Range>(marked_), [&](Range range) {
    if (const long unmapped = new_.unmap(range); unmapped != 0) result = unmapped;
  });
  return result;
}

std::intptr_t AddressSpace::remap(std::uintptr_t address, std::size_t old_bytes,
                                  std::size_t new_bytes, int flags,
                                  std::uintptr_t new_address) noexcept {
  is_touched_ = true;
  const Range old = whole_pages(address, old_bytes);
  const bool to_fixed = (flags & MREMAP_FIXED) != 0;
  if (to_fixed && touches_mark(whole_pages(new_address, new_bytes))) return -ENOMEM;
  if (!touches_mark(old)) {
    const std::intptr_t result =
        raw_call(SYS_mremap, address, old_bytes, new_bytes, flags, new_address);
    if (is_error(result)) return result;
    const Range made = whole_pages(static_cast<std::uintptr_t>(result), new_bytes);
    // With MREMAP_DONTUNMAP, or of no size, the old one stays.
    if (flags == (flags & (MREMAP_MAYMOVE | MREMAP_FIXED)) && old_bytes != 0) new_.forget(old);
    new_.forget(made);
    new_.add(made, false);
    return result;
  }
  if (flags == (flags & MREMAP_MAYMOVE) && new_bytes <= old_bytes && new_bytes != 0) {
    return static_cast<std::intptr_t>(address);  // as with munmap(), what is cut off stays
  }
  const auto mapping =
      std::find_if(mappings_.begin(), mappings_.end(),
                   [&](const MarkedMapping& marked) { return marked.range.contains(old); });
  if (flags != MREMAP_MAYMOVE || old_bytes == 0 || mapping == mappings_.end() ||
      !mapping->is_private) {
    return -ENOMEM;
  }
  const std::intptr_t copy =
      map(0, new_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, nullptr);
  if (is_error(copy)) return copy;
  std::memcpy(reinterpret_cast<void*>(copy), reinterpret_cast<const void*>(address), old_bytes);
  raw_call(SYS_mprotect, copy, new_bytes, mapping->protection);
  return copy;
}

std::intptr_t AddressSpace::protect(std::uintptr_t address, std::size_t bytes,
                                    int protection) noexcept {
  is_touched_ = true;
  const std::intptr_t result = raw_call(SYS_mprotect, address, bytes, protection);
  const Range range = whole_pages(address, bytes);
  if (touches_mark(range)) {
    // Even after an error a part may have been changed.
    note(protected_, protected_count_, range);
    for (const MarkedMapping& mapping : mappings_) {
      if (mapping.range.overlaps(range) && mapping.is_private && (protection & PROT_WRITE) != 0 &&
          (mapping.protection & PROT_WRITE) == 0) {
        has_opened_constant_memory_ = true;
      }
    }
  } else if (protection != (PROT_READ | PROT_WRITE)) {
    new_.forget(range);
    if (result == 0) new_.add(range, false);
  }
  return result;
}

std::intptr_t AddressSpace::advise(std::uintptr_t address, std::size_t bytes, int advice) noexcept {
  is_touched_ = true;
  const Range range = whole_pages(address, bytes);
  const bool of_mark = touches_mark(range);
  switch (advice) {
    case MADV_MERGEABLE:  // merged pages are shared although they were written
      return -EINVAL;
    case MADV_GUARD_INSTALL:
      if (of_mark) return -EINVAL;
      break;
    case MADV_FREE:  // the kernel may take the pages, and need not
      if (of_mark) return 0;
      break;
    case MADV_DONTNEED:
    case MADV_DONTNEED_LOCKED:
      if (of_mark) note(discarded_, discarded_count_, range);
      break;
    default:
      break;
  }
  return raw_call(SYS_madvise, address, bytes, advice);
}

}  // namespace tusk::php::rewind
