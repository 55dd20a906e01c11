#include "php/rewind/settled_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/process/sanitizer_build.h"
#include "base/unique_fd.h"
#include "php/rewind/range.h"

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#endif

namespace tusk::php::rewind {

namespace {

// Below what is in use the limit counts as well, and the kernel keeps a gap.
constexpr std::size_t kStackReserve = std::size_t{256} << 10;

// The kernel writes the byte: where the stack cannot grow so far, that is an error and no signal.
// The mapping grows up to that byte, and nothing else in between is written.
void grow_stack(std::size_t bytes) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_STACK, &limit) != 0) return;
  if (limit.rlim_cur != RLIM_INFINITY) {
    if (limit.rlim_cur <= kStackReserve) return;
    bytes = std::min(bytes, static_cast<std::size_t>(limit.rlim_cur) - kStackReserve);
  }
  const base::UniqueFd zeros(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  [[maybe_unused]] const ssize_t one =
      ::read(zeros.get(), reinterpret_cast<void*>(page_below(here - bytes)), 1);
}

bool grow_heap(std::size_t bytes) {
  // A second thread would get an arena of its own, outside the heap.
  const bool set =
      ::mallopt(M_MMAP_MAX, 0) == 1 && ::mallopt(M_ARENA_MAX, 1) == 1 &&
      ::mallopt(M_TRIM_THRESHOLD, -1) == 1 &&
      ::mallopt(M_TOP_PAD, static_cast<int>(std::min(bytes, std::size_t{1} << 30))) == 1;
  // Allocates blocks that are larger than what is free at the heap's end, until it grows by them
  // and the padding. Only the heads of the blocks are written.
  const void* const before = ::sbrk(0);
  std::array<void*, 16> blocks{};
  std::size_t count = 0;
  while (count < blocks.size() && ::sbrk(0) == before) {
    blocks[count++] = std::malloc(::mallinfo2().keepcost + kPageBytes);
  }
  for (void* const block : blocks) std::free(block);
  return set && ::sbrk(0) != before;
}

}  // namespace

base::Result<void> settle_process(const SettleOptions& options) {
  if (TUSK_SANITIZER_BUILD != 0) return base::fail("a sanitizer has the memory of this program");
  if (::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) != 0) {
    return base::fail_errno("cannot turn off transparent huge pages", errno);
  }
  ::prctl(PR_SET_MEMORY_MERGE, 0, 0, 0, 0);  // older kernels cannot merge pages of a whole process
  if (!grow_heap(options.heap_bytes)) return base::fail("malloc() cannot be told to use the heap");
  grow_stack(options.stack_bytes);
  char byte = 0;
  [[maybe_unused]] const ssize_t one = ::getrandom(&byte, 1, GRND_NONBLOCK);
  return {};
}

}  // namespace tusk::php::rewind
