// HeapUse: how much memory PHP's allocator uses for a thread.
//
// Owner: a ThreadProbe. Thread: constructed on the thread that it is about; now() any, while that
// one exists.
#pragma once

#include "exec/observation/script_probe.h"

namespace tusk::php::backtrace {

class HeapUse {
 public:
  HeapUse() noexcept;

  // Zero if the allocator is not PHP's own (USE_ZEND_ALLOC=0).
  exec::observation::MemoryUse now() const noexcept;
  // Where the two figures are, which are words. Null: they are not known.
  const void* figures() const noexcept;

 private:
  const void* heap_;  // null: not known
};

}  // namespace tusk::php::backtrace
