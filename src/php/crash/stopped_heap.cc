#include "php/crash/stopped_heap.h"

#include <cstdint>

#include <sys/mman.h>
#include <unistd.h>

#include "php/zend.h"

namespace tusk::php::crash {

namespace {

constexpr std::uintptr_t kChunkBytes = std::uintptr_t{2} << 20;  // ZEND_MM_CHUNK_SIZE
constexpr std::size_t kPageBytes = 4096;                         // ZEND_MM_PAGE_SIZE
constexpr int kSmallSizes = 30;                                  // ZEND_MM_BINS
// A list longer than this must be a cycle.
constexpr int kMostBlocks = 1 << 20;

struct HugeBlock {  // struct _zend_mm_huge_list
  void* begin;
  std::size_t size;
  HugeBlock* next;
};

struct Chunk;

struct Heap {  // struct _zend_mm_heap, as far as it is needed
  int use_custom_heap;
  void* storage;
  std::size_t size;
  std::size_t peak;
  std::uintptr_t shadow_key;
  void* free_slots[kSmallSizes];
  std::size_t real_size;
  std::size_t real_peak;
  std::size_t limit;
  int overflow;
  HugeBlock* huge_blocks;
  Chunk* main_chunk;
  Chunk* cached_chunks;
};

struct Chunk {  // struct _zend_mm_chunk
  const Heap* heap;
  Chunk* next;
  Chunk* previous;
  char rest[64 - 3 * sizeof(void*)];
  Heap heap_slot;
};

bool is_aligned(const void* address) noexcept {
  return reinterpret_cast<std::uintptr_t>(address) % kChunkBytes == 0;
}

// Whether it is PHP's own allocator, with the layout that is known here.
bool is_known(const Heap& heap) noexcept {
  if (heap.use_custom_heap != 0 || heap.storage != nullptr) return false;
  const Chunk* const main = heap.main_chunk;
  const auto offset = reinterpret_cast<std::uintptr_t>(&heap) % kChunkBytes;
  const auto begin = reinterpret_cast<std::uintptr_t>(&heap) - offset;
  return reinterpret_cast<std::uintptr_t>(main) == begin && offset == offsetof(Chunk, heap_slot) &&
         main->heap == &heap && is_aligned(main->next) && is_aligned(main->previous);
}

void give_back_pages(void* begin, std::size_t size) noexcept {
  ::madvise(begin, size, MADV_DONTNEED);
}

void give_back_chunk(Chunk* chunk) noexcept {
  give_back_pages(reinterpret_cast<char*>(chunk) + kPageBytes, kChunkBytes - kPageBytes);
}

}  // namespace

StoppedHeap::StoppedHeap() noexcept : heap_(zend_mm_get_heap()) {}

// The list of huge blocks is in the chunks, so the chunks come after it.
void StoppedHeap::give_back() const noexcept {
  const Heap& heap = *static_cast<const Heap*>(heap_);
  if (::sysconf(_SC_PAGESIZE) != kPageBytes || !is_known(heap)) return;
  int count = 0;
  for (const HugeBlock* block = heap.huge_blocks; block != nullptr; block = block->next) {
    if (!is_aligned(block->begin) || ++count > kMostBlocks) return;
    give_back_pages(block->begin, block->size);
  }
  count = 0;
  for (Chunk* chunk = heap.cached_chunks; chunk != nullptr; chunk = chunk->next) {
    if (!is_aligned(chunk) || ++count > kMostBlocks) return;
    give_back_chunk(chunk);
  }
  count = 0;
  Chunk* chunk = heap.main_chunk;
  do {
    if (!is_aligned(chunk) || chunk->heap != &heap || ++count > kMostBlocks) return;
    Chunk* const next = chunk->next;
    give_back_chunk(chunk);
    chunk = next;
  } while (chunk != heap.main_chunk);
}

}  // namespace tusk::php::crash
