#include "php/opcache/cache_memory.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <dlfcn.h>
#include <fcntl.h>

#include "base/unique_fd.h"
#include "php/backtrace/process_memory.h"
#include "php/rewind/memory_map.h"
#include "php/zend.h"

namespace tusk::php::opcache {

namespace {

using backtrace::ProcessMemory;
using observe::OpcacheFigure;

struct Segment {  // zend_shared_segment in ext/opcache/zend_shared_alloc.h
  std::size_t size;
  std::size_t end;
  std::size_t pos;
  const char* p;
};

struct Allocator {  // zend_smm_shared_globals, there
  Segment** segments;
  int segments_count;
  std::size_t shared_free;
  std::size_t wasted_shared_memory;
  bool memory_exhausted;
  struct {
    std::size_t* positions;
    std::size_t shared_free;
  } state;
  const void* app_shared_globals;
  // Follow: `reserved` and `reserved_size`, which are not set without a JIT compiler.
};

struct Hash {  // zend_accel_hash in ext/opcache/zend_accelerator_hash.h
  const void* hash_table;
  const void* hash_entries;
  std::uint32_t num_entries;
  std::uint32_t max_num_entries;
  std::uint32_t num_direct_entries;
};

struct StringTable {  // zend_string_table in ext/opcache/ZendAccelerator.h
  std::uint32_t mask;
  std::uint32_t elements;
  const char* start;
  const char* top;
  const char* end;
  const char* saved_top;
};

struct Globals {  // zend_accel_shared_globals, there
  zend_ulong hits;
  zend_ulong misses;
  zend_ulong blacklist_misses;
  zend_ulong oom_restarts;
  zend_ulong hash_restarts;
  zend_ulong manual_restarts;
  Hash hash;
  std::size_t map_ptr_last;
#if PHP_VERSION_ID >= 80400
  std::size_t map_ptr_static_last;
#endif
  time_t start_time;
  time_t last_restart_time;
  time_t force_restart_time;
  bool accelerator_enabled;
  bool restart_pending;
  int restart_reason;
  bool cache_status_before_restart;
  bool restart_in_progress;
#if PHP_VERSION_ID >= 80400
  bool jit_counters_stopped;
#endif
  const void* preload_script;
  const void* saved_scripts;
  std::uint32_t uninitialized_bucket[2];
  const void* jit_traces;
  const void* jit_exit_groups;
  alignas(8) StringTable strings;
};

// Other threads write meanwhile.
template <class T>
T load(const T& from) noexcept {
  return __atomic_load_n(&from, __ATOMIC_RELAXED);
}

std::uint64_t difference(std::uint64_t from, std::uint64_t what) noexcept {
  return from > what ? from - what : 0;
}

std::uint64_t bytes_between(const void* from, const void* to) noexcept {
  return difference(reinterpret_cast<std::uintptr_t>(to), reinterpret_cast<std::uintptr_t>(from));
}

// Whether the bytes are in the segment.
bool contains(const Segment& segment, const void* at, std::size_t bytes) noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(segment.p);
  const auto address = reinterpret_cast<std::uintptr_t>(at);
  return address >= begin && bytes <= segment.size && address - begin <= segment.size - bytes;
}

template <class T>
bool read(const void* from, T& into) noexcept {
  return from != nullptr && ProcessMemory::read(from, &into, sizeof into);
}

std::uint64_t ini_number(std::string_view name) noexcept {
  const zend_long value = zend_ini_long(name.data(), name.size(), 0);
  return value > 0 ? static_cast<std::uint64_t>(value) : 0;
}

bool is_known(const Globals& globals, const Segment& segment) noexcept {
  const Hash& hash = globals.hash;
  const bool hash_is_known =
      contains(segment, hash.hash_table, hash.max_num_entries * sizeof(void*)) &&
      contains(segment, hash.hash_entries, hash.max_num_entries * 5 * sizeof(void*)) &&
      hash.max_num_entries >= ini_number("opcache.max_accelerated_files") &&
      hash.num_entries <= hash.max_num_entries && hash.num_direct_entries <= hash.num_entries;
  const StringTable& strings = globals.strings;
  const bool strings_are_known =
      strings.start == nullptr ||
      (contains(segment, strings.start, 0) && contains(segment, strings.end, 0) &&
       strings.start <= strings.top && strings.top <= strings.end);
  return hash_is_known && strings_are_known;
}

bool is_known(const Allocator& allocator, const Segment& segment, std::uint64_t total) noexcept {
  return allocator.segments_count == 1 && segment.size >= total &&
         allocator.shared_free + allocator.wasted_shared_memory <= total &&
         contains(segment, allocator.app_shared_globals, sizeof(Globals));
}

const Allocator& allocator_at(const void* address) noexcept {
  return *static_cast<const Allocator*>(address);
}

const Globals& globals_of(const Allocator& allocator) noexcept {
  return *static_cast<const Globals*>(allocator.app_shared_globals);
}

// zend_jit_startup() keeps the end of what is used behind the buffer.
void add_jit(std::string_view buffer, observe::OpcacheUse& use) noexcept {
  constexpr std::size_t kBehind = 2 * sizeof(void*);
  if (buffer.size() <= kBehind) return;
  const char* const begin = buffer.data();
  const char* const end = begin + buffer.size() - kBehind;
  const char* const used_end = load(*reinterpret_cast<const char* const*>(end));
  if (used_end < begin || used_end > end) return;  // the JIT compiler is off
  use[OpcacheFigure::kJitUsed] = bytes_between(begin, used_end);
  use[OpcacheFigure::kJitFree] = bytes_between(used_end, end);
}

}  // namespace

std::optional<CacheMemory> CacheMemory::at(const void* address) {
  Allocator allocator{};
  Segment* first = nullptr;
  Segment segment{};
  Globals globals{};
  const std::uint64_t total = ini_number("opcache.memory_consumption") << 20;
  const bool is_layout_known =
      read(address, allocator) && read(allocator.segments, first) && read(first, segment) &&
      is_known(allocator, segment, total) && contains(segment, address, sizeof allocator) &&
      read(allocator.app_shared_globals, globals) && is_known(globals, segment);
  if (!is_layout_known) return {};
  // The JIT compiler has the end of the segment, beyond opcache.memory_consumption.
  const std::string_view jit_buffer(segment.p + total, segment.size - total);
  return CacheMemory(address, total, jit_buffer);
}

// The allocator is the first thing that OPcache puts into its memory, so one of the mappings that
// are shared with forked processes begins with it.
std::optional<CacheMemory> CacheMemory::among_mappings() {
  const base::UniqueFd maps(::open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
  std::array<char, 8192> buffer{};
  rewind::MemoryMap map(maps.get(), buffer);
  std::optional<CacheMemory> found;
  for (rewind::Mapping mapping; !found && map.next(mapping);) {
    if (mapping.shared) found = at(reinterpret_cast<const void*>(mapping.range.begin));
  }
  return found;
}

base::Result<CacheMemory> CacheMemory::find() {
  std::optional<CacheMemory> found;
  if constexpr (PHP_VERSION_ID / 100 == 804 || PHP_VERSION_ID / 100 == 805) {
    const void* address = nullptr;
    if (read(::dlsym(RTLD_DEFAULT, "smm_shared_globals"), address)) found = at(address);
  } else if constexpr (PHP_VERSION_ID / 100 == 802) {
    found = among_mappings();
  }
  if (!found) return base::fail("its memory has a layout that this version of tusk does not know");
  return *found;
}

observe::OpcacheUse CacheMemory::use() const noexcept {
  const Allocator& allocator = allocator_at(allocator_);
  const Globals& globals = globals_of(allocator);
  observe::OpcacheUse use;
  const std::uint64_t free = load(allocator.shared_free);
  const std::uint64_t wasted = load(allocator.wasted_shared_memory);
  use[OpcacheFigure::kMemoryFree] = free;
  use[OpcacheFigure::kMemoryWasted] = wasted;
  use[OpcacheFigure::kMemoryUsed] = difference(total_bytes_, free + wasted);
  const StringTable& strings = globals.strings;
  if (load(strings.start) != nullptr) {
    const char* const top = load(strings.top);
    use[OpcacheFigure::kStringsUsed] = bytes_between(&globals + 1, top);
    use[OpcacheFigure::kStringsFree] = bytes_between(top, load(strings.end));
  }
  use[OpcacheFigure::kScripts] = load(globals.hash.num_direct_entries);
  use[OpcacheFigure::kKeys] = load(globals.hash.num_entries);
  use[OpcacheFigure::kMaxKeys] = load(globals.hash.max_num_entries);
  add_jit(jit_buffer_, use);
  return use;
}

CacheMemory::Lookups CacheMemory::lookups() const noexcept {
  const Globals& globals = globals_of(allocator_at(allocator_));
  return {.hits = load(globals.hits),
          .misses = difference(load(globals.misses), load(globals.blacklist_misses))};
}

observe::OpcacheState CacheMemory::state() const noexcept {
  const Globals& globals = globals_of(allocator_at(allocator_));
  const Lookups now = lookups();
  return {.restarts = {load(globals.oom_restarts), load(globals.hash_restarts),
                       load(globals.manual_restarts)},
          .hits = now.hits,
          .misses = now.misses,
          .restart_pending = load(globals.restart_pending),
          .use = use()};
}

}  // namespace tusk::php::opcache
