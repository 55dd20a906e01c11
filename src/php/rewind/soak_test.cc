// Many requests that do what comes to their mind.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <unordered_map>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "php/rewind/memory_map.h"
#include "php/rewind/test_worker.h"

extern "C" {
// Made by the linker: the program's data.
extern char __data_start;  // NOLINT(bugprone-reserved-identifier)
extern char _end;          // NOLINT(bugprone-reserved-identifier)
}

namespace tusk::php::rewind {
namespace {

constexpr std::size_t kPages = 40;
alignas(kPageBytes) std::array<std::uint64_t, kPages * kPageBytes / 8> memory{};
std::unordered_map<std::uint64_t, std::string> objects;
char* mapped = nullptr;
constexpr std::size_t kMapped = 60 * kPageBytes;

// The same numbers in each round would hide much: the state is shared memory.
std::uint64_t random(std::uint64_t& state) {
  state ^= state << 13U;
  state ^= state >> 7U;
  state ^= state << 17U;
  return state;
}

std::uint64_t hash(const void* begin, std::size_t bytes, std::uint64_t sum) {
  const auto* const words = static_cast<const std::uint64_t*>(begin);
  for (std::size_t word = 0; word < bytes / 8; ++word) sum = (sum ^ words[word]) * 0x100000001b3U;
  return sum;
}

// Hashes all memory that a request can reach. It calls nothing that writes.
std::uint64_t hash_of_memory(const char* heap) {
  const auto* const data =
      reinterpret_cast<const char*>(page_above(reinterpret_cast<std::uintptr_t>(&__data_start)));
  std::uint64_t sum = hash(data, static_cast<std::size_t>(&_end - data), 1);
  sum = hash(heap, static_cast<std::size_t>(static_cast<char*>(::sbrk(0)) - heap), sum);
  return hash(mapped, kMapped, sum);
}

void do_something(std::uint64_t& state) {
  switch (random(state) % 10) {
    case 0:
      memory[random(state) % memory.size()] = random(state);
      break;
    case 1:
      objects[random(state) % 700] = std::string(random(state) % 600, 'x');
      break;
    case 2:
      objects.erase(random(state) % 700);
      break;
    case 3:
      mapped[random(state) % kMapped] = 'y';
      break;
    case 4:
      new std::vector<std::uint64_t>(random(state) % 2'000, random(state));
      break;
    case 5: {
      const std::size_t bytes = (random(state) % 20 + 1) * kPageBytes;
      void* const own =
          ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      std::memset(own, 'z', bytes);
      if (random(state) % 2 == 0) ::munmap(own, bytes);
      break;
    }
    case 6:
      ::munmap(mapped + random(state) % 57 * kPageBytes, 3 * kPageBytes);
      break;
    case 7:
      ::madvise(mapped + random(state) % 58 * kPageBytes, 2 * kPageBytes, MADV_DONTNEED);
      break;
    case 8:
      ::open("/dev/null", O_RDONLY | O_CLOEXEC);
      break;
    default:
      free(realloc(malloc(random(state) % 20'000), random(state) % 40'000));
      break;
  }
}

void boot() {
  std::uint64_t state = 88172645463325252U;
  for (std::size_t word = 0; word < memory.size(); word += 3) memory[word] = random(state);
  for (std::uint64_t key = 0; key < 500; ++key) objects[key] = std::string(key, 'b');
  mapped = static_cast<char*>(
      ::mmap(nullptr, kMapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  std::memset(mapped, 'm', kMapped / 2);
}

TEST(RewindSoak, EveryByteIsWhatItWas) {
  TUSK_SKIP_UNDER_SANITIZER();
  TestHost host;
  host.settle.heap_bytes = std::size_t{1} << 20;
  host.boot = boot;
  *host.value(0) = 0x9e3779b97f4a7c15U;
  host.expect([](TestWorker& worker) {
    const char* heap = nullptr;
    std::array<char, 8192> buffer;
    MemoryMap map(::open("/proc/self/maps", O_RDONLY | O_CLOEXEC), buffer);
    Mapping mapping;
    const auto end = reinterpret_cast<std::uintptr_t>(::sbrk(0));
    while (map.next(mapping)) {
      if (mapping.range.end == end) heap = reinterpret_cast<char*>(mapping.range.begin);
    }
    const int round = worker.mark();
    const std::uint64_t sum = hash_of_memory(heap);
    if (round == 0) worker.value(1) = sum;
    worker.check(sum == worker.value(1), "some memory has changed");
    if (round == 300) return;
    const std::uint64_t count = random(worker.value(0)) % 60;
    for (std::uint64_t index = 0; index < count; ++index) do_something(worker.value(0));
    worker.rewind();
  });
}

struct Footprint {
  std::uint64_t resident_pages = 0;
  std::uint64_t mappings = 0;
  std::uint64_t descriptors = 0;
};

Footprint footprint() {
  Footprint now;
  std::uint64_t size = 0;
  std::ifstream("/proc/self/statm") >> size >> now.resident_pages;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) ++now.mappings;
  for (int fd = 0; fd < 1024; ++fd) now.descriptors += ::fcntl(fd, F_GETFD) >= 0 ? 1U : 0U;
  return now;
}

TEST(RewindSoak, TenThousandRequestsLeaveNothing) {
  TUSK_SKIP_UNDER_SANITIZER();
  TestHost host;
  host.settle = {.heap_bytes = std::size_t{1} << 20, .stack_bytes = std::size_t{1} << 20};
  host.boot = boot;
  *host.value(0) = 0x2545f4914f6cdd1dU;
  host.expect([](TestWorker& worker) {
    auto* const first = worker.kept().make<Footprint>();
    const int round = worker.mark();
    // By then most pages that such a request writes are known.
    if (round == 2000) *first = footprint();
    if (round == 10'000) {
      const Footprint last = footprint();
      worker.check(last.mappings == first->mappings, "mappings");
      worker.check(last.descriptors == first->descriptors, "descriptors");
      // The pages that only the later ones have written.
      worker.check(last.resident_pages <= first->resident_pages + 400, "resident memory");
      worker.check(worker.snapshot().replacement() == Replacement::kNone, "replacement");
      worker.check(worker.counters().sweeps == 0, "mappings had to be searched for");
      return;
    }
    for (int count = 0; count < 2; ++count) do_something(worker.value(0));
    worker.rewind();
  });
}

}  // namespace
}  // namespace tusk::php::rewind
