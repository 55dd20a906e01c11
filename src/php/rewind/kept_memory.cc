#include "php/rewind/kept_memory.h"

#include <sys/mman.h>

#include "php/rewind/raw_call.h"

namespace tusk::php::rewind {

base::Result<KeptMemory> KeptMemory::create(std::size_t bytes) {
  const std::size_t whole = page_above(bytes);
  // Pages come into being when they are used.
  // Not mmap(): that is ours, and this mapping is no request's.
  const long result = raw_call(SYS_mmap, 0L, whole, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1L, 0L);
  if (result < 0 && result > -4096) {
    return base::fail_errno("no memory for what a rewind keeps", static_cast<int>(-result));
  }
  return KeptMemory(Range::of(reinterpret_cast<const void*>(result), whole));
}

void* KeptMemory::allocate(std::size_t bytes, std::size_t alignment) noexcept {
  const std::uintptr_t place = (next_ + alignment - 1) & ~(alignment - 1);
  if (place < next_ || place > range_.end || bytes > range_.end - place) return nullptr;
  next_ = place + bytes;
  return reinterpret_cast<void*>(place);
}

}  // namespace tusk::php::rewind
