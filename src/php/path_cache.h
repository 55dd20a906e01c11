// PathCache: how full a thread's realpath cache is.
//
// Owner: an Executor. Thread: its worker.
#pragma once

#include <cstdint>

#include "exec/executor.h"

namespace tusk::php {

// PHP has no count of entries: they are counted when the cache's size has changed, which is rare
// once the cache has what the scripts need. In a large cache they are counted when the size has
// changed much, and estimated by the size otherwise.
class PathCache {
 public:
  // Call it after each request.
  void look() noexcept;
  const exec::PathCacheUse& use() const noexcept { return use_; }

 private:
  struct Counted {
    std::uint64_t bytes = 0;
    std::uint64_t entries = 0;
  };

  exec::PathCacheUse use_;
  Counted counted_;
};

// From now on the paths in the calling thread's cache do not expire.
void keep_cached_paths() noexcept;

}  // namespace tusk::php
