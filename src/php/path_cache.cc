#include "php/path_cache.h"

#include <cstddef>
#include <cstdint>

#include "php/zend.h"

namespace tusk::php {

namespace {

// The globals themselves (CWDG) are not exported, but a part of them is.
const virtual_cwd_globals& globals() noexcept {
  const char* const part = reinterpret_cast<const char*>(realpath_cache_get_buckets());
  return *reinterpret_cast<const virtual_cwd_globals*>(
      part - offsetof(virtual_cwd_globals, realpath_cache));
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
  use_.entries = count_entries(cwd);
}

}  // namespace tusk::php
