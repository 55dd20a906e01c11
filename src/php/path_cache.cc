#include "php/path_cache.h"

#include <cstddef>
#include <cstdint>

#include "php/zend.h"

namespace tusk::php {

namespace {

constexpr std::uint64_t kMostCountedEachTime = 512;

// The globals themselves (CWDG) are not exported, but a part of them is.
virtual_cwd_globals& globals() noexcept {
  char* const part = reinterpret_cast<char*>(realpath_cache_get_buckets());
  return *reinterpret_cast<virtual_cwd_globals*>(part -
                                                 offsetof(virtual_cwd_globals, realpath_cache));
}

std::uint64_t count_entries(const virtual_cwd_globals& cwd) noexcept {
  std::uint64_t entries = 0;
  for (const realpath_cache_bucket* at : cwd.realpath_cache) {
    for (; at != nullptr; at = at->next) ++entries;
  }
  return entries;
}

}  // namespace

void PathCache::look() noexcept {
  const virtual_cwd_globals& cwd = globals();
  const auto bytes = static_cast<std::uint64_t>(cwd.realpath_cache_size);
  use_.max_bytes = static_cast<std::uint64_t>(cwd.realpath_cache_size_limit);
  if (bytes == use_.bytes) return;
  use_.bytes = bytes;
  // Counting many visits many lines of memory: it waits until the size has changed by a 32nd.
  const std::uint64_t change =
      bytes > counted_.bytes ? bytes - counted_.bytes : counted_.bytes - bytes;
  const bool is_cheap = counted_.entries < kMostCountedEachTime;
  if (is_cheap || change > counted_.bytes / 32) {
    counted_ = {.bytes = bytes, .entries = count_entries(cwd)};
    use_.entries = counted_.entries;
  } else {
    use_.entries = counted_.entries * bytes / counted_.bytes;
  }
}

void keep_cached_paths() noexcept { globals().realpath_cache_ttl = 0; }

}  // namespace tusk::php
