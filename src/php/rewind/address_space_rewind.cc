// The part of AddressSpace that Snapshot calls: at the mark and at a rewind.
#include <algorithm>
#include <array>
#include <utility>

#include <sys/mman.h>

#include "php/rewind/address_space.h"
#include "php/rewind/kept_memory.h"
#include "php/rewind/range_list.h"
#include "php/rewind/raw_call.h"

namespace tusk::php::rewind {

namespace {

std::uintptr_t heap_end() noexcept { return static_cast<std::uintptr_t>(raw_call(SYS_brk, 0)); }

}  // namespace

// The first number is the size of the address space in pages.
std::size_t AddressSpace::size_now() const noexcept {
  std::array<char, 128> text;
  const long bytes = raw_call(SYS_pread64, statm_, text.data(), text.size(), 0);
  std::size_t size = 0;
  for (long index = 0; index < bytes; ++index) {
    const char digit = text[static_cast<std::size_t>(index)];
    if (digit < '0' || digit > '9') break;
    size = size * 10 + static_cast<std::size_t>(digit - '0');
  }
  return size;
}

const char* AddressSpace::take(int maps, int statm, std::span<char> buffer) noexcept {
  maps_ = maps;
  statm_ = statm;
  buffer_ = buffer;
  Mapping mapping;
  std::size_t count = 0;
  for (MemoryMap map(maps, buffer); map.next(mapping);) ++count;
  // The tables are a mapping themselves.
  const std::size_t room = count + 2;
  auto memory = KeptMemory::create(room * (sizeof(MarkedMapping) + sizeof(Range)) + kPageBytes);
  if (!memory) return "there is no memory for the table of mappings";
  mappings_ = memory->make_array<MarkedMapping>(room);
  marked_ = memory->make_array<Range>(room);
  count = 0;
  MemoryMap map(maps, buffer);
  while (map.next(mapping)) {
    if (count == room) return "mappings appear while they are counted";
    mappings_[count] = {mapping.range, mapping.protection, !mapping.shared};
    marked_[count++] = mapping.range;
  }
  if (map.failed() || count == 0) return "/proc/self/maps cannot be read";
  mappings_ = mappings_.first(count);
  marked_ = marked_.first(normalize(marked_.first(count)));
  heap_end_ = heap_end();
  pages_ = size_now();
  if (pages_ == 0) return "/proc/self/statm cannot be read";
  return nullptr;
}

void AddressSpace::restore_protection(Range range) noexcept {
  for (const MarkedMapping& mapping : mappings_) {
    const Range part{std::max(range.begin, mapping.range.begin),
                     std::min(range.end, mapping.range.end)};
    if (!part.empty()) raw_call(SYS_mprotect, part.begin, part.bytes(), mapping.protection);
  }
}

bool AddressSpace::is_changed() const noexcept { return is_touched_ || heap_end() != heap_end_; }

void AddressSpace::undo(RestoredPages& pages) noexcept {
  if (std::exchange(is_touched_, false)) {
    new_.unmap_all();
    for (; protected_count_ != 0; --protected_count_) {
      restore_protection(protected_[protected_count_ - 1]);
    }
    for (; discarded_count_ != 0; --discarded_count_) {
      pages.discard(discarded_[discarded_count_ - 1]);
    }
  }
  const std::uintptr_t end = heap_end();
  if (end == heap_end_) return;
  raw_call(SYS_brk, heap_end_);
  if (end < heap_end_) pages.discard({end, heap_end_});
}

AddressSpace::Check AddressSpace::check() noexcept {
  const auto is_same = [this] { return size_now() == pages_ + new_.cached_bytes() / kPageBytes; };
  if (is_same()) return Check::kSame;
  bool lost = false;
  // More than are unmapped at once are rare.
  while (sweep(lost) != 0) {
  }
  // If there is nothing to unmap and nothing missing, the stack has grown.
  return lost ? Check::kLost : Check::kSwept;
}

void AddressSpace::grow_stack(Range stack) noexcept {
  Range* const marked = std::to_address(first_ending_after(marked_, stack.end - 1));
  if (marked->begin <= stack.begin || !marked->contains(stack.end - 1)) return;
  pages_ += (marked->begin - stack.begin) / kPageBytes;
  marked->begin = stack.begin;
}

// Returns how many mappings it has unmapped.
std::size_t AddressSpace::sweep(bool& lost) noexcept {
  std::array<Range, 64> cached{};
  const std::span<const Range> chunks = new_.cached();
  std::copy(chunks.begin(), chunks.end(), cached.begin());
  const std::span<const Range> kept =
      std::span(cached).first(normalize(std::span(cached).first(chunks.size())));
  std::array<Range, 128> strays;
  std::size_t count = 0;
  std::size_t found = 0;
  Mapping mapping;
  MemoryMap map(maps_, buffer_);
  while (map.next(mapping)) {
    if (mapping.stack) grow_stack(mapping.range);
    const std::span<const Range> marked(marked_);
    for_each_inside(mapping.range, marked, [&](Range range) { found += range.bytes(); });
    for_each_outside(mapping.range, marked, [&](Range outside) {
      for_each_outside(outside, kept, [&](Range stray) {
        if (count < strays.size()) strays[count++] = stray;
      });
    });
  }
  std::size_t expected = 0;
  for (const Range& range : marked_) expected += range.bytes();
  lost = map.failed() || found != expected;
  if (lost) return 0;
  for (const Range& stray : std::span(strays).first(count)) {
    if (raw_call(SYS_munmap, stray.begin, stray.bytes()) != 0) lost = true;
  }
  return lost ? 0 : count;
}

}  // namespace tusk::php::rewind
