// PathCache: how full a thread's realpath cache is.
//
// Owner: an Executor. Thread: its worker.
#pragma once

#include "exec/executor.h"

namespace tusk::php {

// PHP has no count of entries: they are counted when the cache's size has changed, which is rare
// once the cache has what the scripts need.
class PathCache {
 public:
  // Call it after each request.
  void look() noexcept;
  const exec::PathCacheUse& use() const noexcept { return use_; }

 private:
  exec::PathCacheUse use_;
};

}  // namespace tusk::php
