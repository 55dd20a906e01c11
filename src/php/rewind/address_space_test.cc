#include "php/rewind/address_space.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include "php/rewind/test_worker.h"

namespace tusk::php::rewind {
namespace {

constexpr std::size_t kBytes = 16 * kPageBytes;
constexpr std::size_t kChunk = std::size_t{2} << 20;
constexpr int kRounds = 4;

char* map_memory(std::size_t bytes, int flags = 0) {
  void* const memory =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
}

// Whether there is a mapping at this address.
bool is_mapped(const void* address) {
  unsigned char state = 0;
  return ::mincore(const_cast<void*>(address), kPageBytes, &state) == 0;
}

char* of_boot = nullptr;

class AddressSpaceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    TUSK_SKIP_UNDER_SANITIZER();
    host_.boot = [] {
      of_boot = map_memory(kBytes);
      std::memset(of_boot, 'b', kBytes);
    };
  }

  TestHost host_;
};

TEST_F(AddressSpaceTest, WhatARequestMapsIsUnmapped) {
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    if (round != 0) {
      worker.check(!is_mapped(reinterpret_cast<void*>(worker.value(0))), "a mapping");
      worker.check(!is_mapped(reinterpret_cast<void*>(worker.value(1))), "a moved mapping");
      worker.check(!is_mapped(reinterpret_cast<void*>(worker.value(2))), "the rest of a mapping");
    }
    worker.check(worker.counters().sweeps == 0, "nothing had to be searched");
    if (round == kRounds) return;
    char* const mapped = map_memory(kBytes);
    std::memset(mapped, 'x', kBytes);
    auto* const grown =
        static_cast<char*>(::mremap(map_memory(kBytes), kBytes, 4 * kBytes, MREMAP_MAYMOVE));
    grown[3 * kBytes] = 'x';
    char* const cut = map_memory(kBytes);
    worker.check(::munmap(cut + kPageBytes, kPageBytes) == 0, "munmap() of a part");
    worker.check(!is_mapped(cut + kPageBytes) && is_mapped(cut + 2 * kPageBytes), "the part");
    worker.value(0) = reinterpret_cast<std::uintptr_t>(mapped);
    worker.value(1) = reinterpret_cast<std::uintptr_t>(grown);
    worker.value(2) = reinterpret_cast<std::uintptr_t>(cut);
    worker.rewind();
  });
}

TEST_F(AddressSpaceTest, MoreMappingsThanCanBeNotedAreSearchedFor) {
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    if (round != 0) {
      worker.check(worker.counters().sweeps >= 1, "searched");
      worker.check(!is_mapped(reinterpret_cast<void*>(worker.value(0))), "the last mapping");
    }
    if (round == 2) return;
    for (int count = 0; count < 2000; ++count) {
      // Others in between, so that the kernel does not join them.
      char* const mapped = map_memory(2 * kPageBytes);
      ::mprotect(mapped, kPageBytes, PROT_READ);
      worker.value(0) = reinterpret_cast<std::uintptr_t>(mapped);
    }
    worker.rewind();
  });
}

TEST_F(AddressSpaceTest, MemoryOfTheMarkIsNotUnmapped) {
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    worker.check(of_boot[0] == 'b' && of_boot[kBytes - 1] == 'b', "the contents");
    if (round == kRounds) return;
    of_boot[0] = 'x';
    worker.check(::munmap(of_boot, kBytes) == 0, "munmap()");
    worker.rewind();
  });
}

TEST_F(AddressSpaceTest, MemoryOfTheMarkIsCopiedWhereItWouldMove) {
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    worker.check(of_boot[0] == 'b' && of_boot[kBytes - 1] == 'b', "the contents");
    if (round == kRounds) return;
    of_boot[1] = 'x';
    auto* const moved = static_cast<char*>(::mremap(of_boot, kBytes, 4 * kBytes, MREMAP_MAYMOVE));
    worker.check(moved != MAP_FAILED && moved != of_boot, "mremap()");
    worker.check(moved[1] == 'x' && moved[kBytes - 1] == 'b' && moved[kBytes] == 0, "the copy");
    worker.check(::mremap(of_boot, kBytes, kPageBytes, 0) == of_boot, "made smaller");
    worker.check(::mremap(of_boot, kBytes, 4 * kBytes, 0) == MAP_FAILED && errno == ENOMEM,
                 "grown in place");
    worker.rewind();
  });
}

TEST_F(AddressSpaceTest, NothingIsMappedOverMemoryOfTheMark) {
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    worker.check(of_boot[kPageBytes] == 'b', "the contents");
    if (round == kRounds) return;
    void* const over = ::mmap(of_boot + kPageBytes, kPageBytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    worker.check(over == MAP_FAILED && errno == ENOMEM, "mmap()");
    char* const own = map_memory(kBytes);
    worker.check(::mmap(own + kPageBytes, kPageBytes, PROT_READ,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == own + kPageBytes,
                 "over a mapping of the request");
    worker.rewind();
  });
}

TEST_F(AddressSpaceTest, ProtectionsAreRestored) {
  host_.expect([](TestWorker& worker) {
    static char* constant = nullptr;
    if (constant == nullptr) {
      constant = map_memory(kBytes);
      ::mprotect(constant, kBytes, PROT_READ);
    }
    const int round = worker.mark();
    of_boot[0] = 'y';  // it is writable
    worker.check(of_boot[3 * kPageBytes] == 'b', "the contents");
    const Replacement replacement = worker.snapshot().replacement();
    if (round <= kRounds) worker.check(replacement == Replacement::kNone, "too early");
    if (round > kRounds) {
      worker.check(replacement == Replacement::kConstantMemory, "made writable");
      return;
    }
    of_boot[3 * kPageBytes] = 'x';
    ::mprotect(of_boot, kBytes, PROT_READ);
    ::mprotect(constant, kBytes, PROT_NONE);
    if (round == kRounds) ::mprotect(constant, kPageBytes, PROT_READ | PROT_WRITE);
    worker.rewind();
  });
}

TEST_F(AddressSpaceTest, DiscardedContentsAreThereAgain) {
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    worker.check(of_boot[0] == 'b' && of_boot[2 * kPageBytes] == 'b', "the contents");
    if (round == kRounds) return;
    worker.check(::madvise(of_boot, kBytes, MADV_DONTNEED) == 0, "madvise()");
    // It is read before the rewind: the kernel then says the same of it as of a page that is
    // shared.
    worker.check(of_boot[2 * kPageBytes] == 0, "discarded");
    worker.check(::madvise(of_boot, kBytes, MADV_FREE) == 0, "MADV_FREE");
    worker.check(::madvise(of_boot, kBytes, MADV_MERGEABLE) == -1 && errno == EINVAL, "merged");
    worker.check(::malloc_trim(0) == 0, "malloc_trim()");
    worker.rewind();
  });
}

TEST_F(AddressSpaceTest, TheHeapHasItsSizeAgain) {
  host_.settle.heap_bytes = std::size_t{1} << 20;
  host_.expect([](TestWorker& worker) {
    void* const end = ::sbrk(0);
    const int round = worker.mark();
    worker.check(::sbrk(0) == end, "the heap's end");
    worker.check(worker.counters().sweeps == 0, "nothing had to be searched");
    if (round == kRounds) return;
    std::string large(std::size_t{8} << 20, 'x');
    worker.check(::sbrk(0) > end, "the heap has grown");
    worker.check(large.back() == 'x', "its contents");
    worker.rewind();
  });
}

TEST_F(AddressSpaceTest, AHeapThatWasMadeSmallerHasItsContentsAgain) {
  host_.expect([](TestWorker& worker) {
    auto* const end = static_cast<char*>(::sbrk(static_cast<intptr_t>(kBytes)));
    std::memset(end, 'h', kBytes);
    const int round = worker.mark();
    worker.check(end[0] == 'h' && end[kBytes - 1] == 'h', "the contents");
    if (round == kRounds) return;
    worker.check(::brk(end + kPageBytes) == 0, "brk()");
    worker.rewind();
  });
}

TEST_F(AddressSpaceTest, ChunksAreHandedOutAgainToThoseWhoNeedNoZeros) {
  // All code is such a caller.
  host_.options.mappings = {.chunk_callers = {0, UINTPTR_MAX}, .cached_chunk_bytes = 2 * kChunk};
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    char* const memory = reinterpret_cast<char*>(worker.value(0));
    if (round != 0) worker.check(is_mapped(memory), "kept");
    worker.check(worker.counters().sweeps == 0, "the size of the address space");
    if (round == kRounds) return;
    // ZendMM does the same: it maps more than a chunk, and unmaps what is beside the aligned one.
    char* chunk = map_memory(kChunk);
    if (reinterpret_cast<std::uintptr_t>(chunk) % kChunk != 0) {
      ::munmap(chunk, kChunk);
      char* const all = map_memory(2 * kChunk - kPageBytes);
      const std::size_t before = kChunk - reinterpret_cast<std::uintptr_t>(all) % kChunk;
      chunk = all + before % kChunk;
      if (chunk != all) ::munmap(all, static_cast<std::size_t>(chunk - all));
      char* const end = all + 2 * kChunk - kPageBytes;
      if (chunk + kChunk != end)
        ::munmap(chunk + kChunk,
                 static_cast<std::size_t>(end - chunk - static_cast<std::ptrdiff_t>(kChunk)));
    }
    if (round != 0) {
      worker.check(chunk == memory, "the same chunk");
      worker.check(chunk[5] == 'c', "with its contents");
    }
    std::memset(chunk, 'c', kChunk);
    // Given back within the request, it is handed out again as well.
    ::munmap(chunk, kChunk);
    worker.check(is_mapped(chunk) && map_memory(kChunk) == chunk, "within the request");
    // Mappings of another kind are zero.
    worker.check(map_memory(kChunk, MAP_NORESERVE)[5] == 0, "other flags");
    worker.value(0) = reinterpret_cast<std::uintptr_t>(chunk);
    worker.rewind();
  });
}

// Without a page fault nothing can have been written that is not restored anyway.
TEST_F(AddressSpaceTest, AChunkThatIsHandedOutAgainNeedsNoLook) {
  host_.options.mappings = {.chunk_callers = {0, UINTPTR_MAX}, .cached_chunk_bytes = 2 * kChunk};
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    if (round == 3) worker.value(0) = worker.counters().looks;
    if (round > 3) worker.check(worker.counters().looks == worker.value(0), "no look");
    if (round == 10) return;
    char* chunk = map_memory(kChunk);
    const std::uintptr_t beside = reinterpret_cast<std::uintptr_t>(chunk) % kChunk;
    if (beside != 0) {
      ::munmap(chunk, kChunk);
      char* const all = map_memory(2 * kChunk);
      const std::size_t before = kChunk - reinterpret_cast<std::uintptr_t>(all) % kChunk;
      chunk = all + before;
      ::munmap(all, before);
      if (before != kChunk) ::munmap(chunk + kChunk, kChunk - before);
    }
    std::memset(chunk, 'c', kChunk);
    worker.rewind();
  });
}

TEST_F(AddressSpaceTest, ChunksAreKeptUpToALimitAndForTheirCallersOnly) {
  host_.options.mappings = {.chunk_callers = {1, 2}, .cached_chunk_bytes = 8 * kChunk};
  host_.expect([](TestWorker& worker) {
    const int round = worker.mark();
    if (round != 0) worker.check(!is_mapped(reinterpret_cast<void*>(worker.value(0))), "unmapped");
    if (round == 2) return;
    worker.value(0) = reinterpret_cast<std::uintptr_t>(map_memory(4 * kChunk));
    worker.rewind();
  });
  host_.options.mappings = {.chunk_callers = {0, UINTPTR_MAX}, .cached_chunk_bytes = 2 * kChunk};
  TestHost limited;
  limited.options = host_.options;
  limited.expect([](TestWorker& worker) {
    const int round = worker.mark();
    if (round == 2) return;
    for (int count = 0; count < 8; ++count) std::memset(map_memory(kChunk), 'x', kChunk);
    worker.rewind();
  });
}

}  // namespace
}  // namespace tusk::php::rewind
