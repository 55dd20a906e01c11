#include "php/resident/heap_pages.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <link.h>

#include "php/zend.h"

namespace tusk::php::resident {

namespace {

using rewind::kPageBytes;
using rewind::Range;

constexpr std::size_t kChunkBytes = std::size_t{2} << 20;
constexpr std::size_t kPages = kChunkBytes / kPageBytes;
constexpr std::uint32_t kHeaderPage = 0x40000001;  // ZEND_MM_LRUN(1): the first page's own entry

struct ChunkHead {  // the beginning of struct _zend_mm_chunk
  void* heap;
  ChunkHead* next;
  ChunkHead* previous;
  std::uint32_t free_pages;
};

using PageMap = std::array<std::uint64_t, kPages / 64>;  // a bit for each page: 1 is in use

PageMap map_at(const ChunkHead* chunk, std::size_t offset) {
  PageMap map;
  std::memcpy(&map, reinterpret_cast<const char*>(chunk) + offset, sizeof map);
  return map;
}

bool fits(const ChunkHead* chunk, std::size_t offset) {
  const PageMap map = map_at(chunk, offset);
  std::size_t used = 0;
  for (const std::uint64_t bits : map) used += static_cast<std::size_t>(std::popcount(bits));
  std::uint32_t first_page = 0;
  std::memcpy(&first_page, reinterpret_cast<const char*>(chunk) + offset + sizeof map,
              sizeof first_page);
  return (map[0] & 1) != 0 && first_page == kHeaderPage && kPages - used == chunk->free_pages;
}

// The map of used pages is behind the heap's own members, whose size differs with the version, and
// before the table of pages. 0: it is not where it should be.
std::size_t find_map(const ChunkHead* chunk) {
  for (std::size_t offset = 64; offset + sizeof(PageMap) + sizeof(std::uint32_t) <= kPageBytes;
       offset += sizeof(std::uint64_t)) {
    if (fits(chunk, offset)) return offset;
  }
  return 0;
}

void add_free_pages(const ChunkHead* chunk, std::size_t offset, std::vector<Range>& free) {
  const PageMap map = map_at(chunk, offset);
  const auto begin = reinterpret_cast<std::uintptr_t>(chunk);
  const auto is_used = [&map](std::size_t page) {
    return (map[page / 64] >> (page % 64) & 1) != 0;
  };
  for (std::size_t page = 1; page < kPages; ++page) {
    if (is_used(page)) continue;
    const std::size_t first = page;
    while (page < kPages && !is_used(page)) ++page;
    free.push_back({begin + first * kPageBytes, begin + page * kPageBytes});
  }
}

int find_code(dl_phdr_info* object, std::size_t /*bytes*/, void* result) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(&zend_mm_get_heap);
  for (const ElfW(Phdr) & part : std::span(object->dlpi_phdr, object->dlpi_phnum)) {
    const std::uintptr_t begin = object->dlpi_addr + part.p_vaddr;
    const Range range{begin, begin + part.p_memsz};
    if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0 || !range.contains(address)) continue;
    *static_cast<Range*>(result) = range;
    return 1;
  }
  return 0;
}

}  // namespace

Range allocator_code() noexcept {
  Range code;
  ::dl_iterate_phdr(find_code, &code);
  return code;
}

std::vector<Range> free_heap_pages() {
  std::vector<Range> free;
  // The heap's members are in its first chunk.
  const auto heap = reinterpret_cast<std::uintptr_t>(zend_mm_get_heap());
  auto* const first = reinterpret_cast<const ChunkHead*>(heap & ~(kChunkBytes - 1));
  if (!is_zend_mm() || reinterpret_cast<std::uintptr_t>(first) == heap ||
      first->heap != reinterpret_cast<void*>(heap))
    return {};
  const std::size_t offset = find_map(first);
  if (offset == 0) return {};
  const ChunkHead* chunk = first;
  do {
    if (chunk->heap != first->heap || !fits(chunk, offset)) return {};
    add_free_pages(chunk, offset, free);
    chunk = chunk->next;
  } while (chunk != first);
  return free;
}

}  // namespace tusk::php::resident
