#include "php/resident/heap_pages.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <link.h>

#include "php/rewind/range_list.h"
#include "php/zend.h"

namespace tusk::php::resident {

namespace {

using rewind::kPageBytes;
using rewind::Range;

constexpr std::size_t kChunkBytes = std::size_t{2} << 20;
constexpr std::size_t kPages = kChunkBytes / kPageBytes;
constexpr std::uint32_t kHeaderPage = 0x40000001;  // ZEND_MM_LRUN(1): the first page's own entry

// The sizes of blocks that share pages (ZEND_MM_BINS_INFO in Zend/zend_alloc_sizes.h).
constexpr std::array<std::size_t, 30> kBlockSizes = {
    8,   16,  24,  32,  40,  48,  56,  64,  80,   96,   112,  128,  160,  192,  224,
    256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048, 2560, 3072,
};

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

// The pages of a chunk that are in use, or those that are not.
void add_pages(const ChunkHead* chunk, std::size_t offset, bool used, std::vector<Range>& pages) {
  const PageMap map = map_at(chunk, offset);
  const auto begin = reinterpret_cast<std::uintptr_t>(chunk);
  const auto is_wanted = [&map, used](std::size_t page) {
    return ((map[page / 64] >> (page % 64) & 1) != 0) == used;
  };
  for (std::size_t page = 1; page < kPages; ++page) {
    if (!is_wanted(page)) continue;
    const std::size_t first = page;
    while (page < kPages && is_wanted(page)) ++page;
    pages.push_back({begin + first * kPageBytes, begin + page * kPageBytes});
  }
}

// Empty: the layout is not the one that is known here.
std::vector<Range> heap_pages(bool used) {
  std::vector<Range> pages;
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
    add_pages(chunk, offset, used, pages);
    chunk = chunk->next;
  } while (chunk != first);
  return pages;
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

// The boot itself uses some.
bool knows_heap() { return !heap_pages(true).empty(); }

std::vector<Range> unused_memory() {
  std::vector<Range> unused = heap_pages(false);
  unused.push_back({reinterpret_cast<std::uintptr_t>(EG(vm_stack_top)),
                    reinterpret_cast<std::uintptr_t>(EG(vm_stack_end))});
  return unused;
}

std::vector<Range> used_heap_pages() {
  std::vector<Range> used = heap_pages(true);
  used.resize(rewind::normalize(used));
  return used;
}

void use_up_free_blocks(std::span<const Range> used) {
  const auto is_in_used_page = [&used](const void* block) {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    const auto range = rewind::first_ending_after(used, address);
    return range != used.end() && range->begin <= address;
  };
  for (const std::size_t size : kBlockSizes) {
    void* block = emalloc(size);
    while (is_in_used_page(block)) block = emalloc(size);
    efree(block);
  }
  // The last block of each size was in a new page, which is free again now.
  zend_mm_gc(zend_mm_get_heap());
}

}  // namespace tusk::php::resident
