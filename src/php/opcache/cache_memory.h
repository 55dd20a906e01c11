// CacheMemory: how full OPcache is, read from its shared memory.
//
// Owner: the Runtime. Thread: find() main, after module start-up; the rest any.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "observe/scoreboard/opcache_use.h"

namespace tusk::php::opcache {

// opcache_get_status() says the same, but only to a thread that runs PHP: it makes an array on that
// thread's heap, may raise a warning (opcache.restrict_api), and a worker may not come by for
// hours. Here any thread reads the figures when somebody asks for them, and a request costs
// nothing. They are read without a lock, each by itself, as in opcache_get_status().
//
// No header of OPcache is installed. So the layout is known here (of PHP 8.2, 8.4, 8.5), and
// find() compares it with what must be true. Since 8.4 PHP exports the address of OPcache's memory
// (smm_shared_globals); in 8.2 find() tries the process's shared mappings.
class CacheMemory {
 public:
  // Scripts that were found and not found since OPcache has restarted.
  struct Lookups {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
  };

  // An error if the layout is not the one that is known here. Call it only if OPcache has shared
  // memory.
  static base::Result<CacheMemory> find();

  observe::OpcacheUse use() const noexcept;
  Lookups lookups() const noexcept;
  // All of it, and what OPcache says of its restarts, for processes that share it by its own locks.
  // Hits and misses are those since it has restarted.
  observe::OpcacheState state() const noexcept;

 private:
  // None if OPcache's allocator is not there.
  static std::optional<CacheMemory> at(const void* address);
  static std::optional<CacheMemory> among_mappings();

  CacheMemory(const void* allocator, std::uint64_t total_bytes, std::string_view jit_buffer)
      : allocator_(allocator), total_bytes_(total_bytes), jit_buffer_(jit_buffer) {}

  const void* allocator_;
  std::uint64_t total_bytes_;    // opcache.memory_consumption
  std::string_view jit_buffer_;  // empty: the JIT compiler is off
};

}  // namespace tusk::php::opcache
