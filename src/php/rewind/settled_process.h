// settle_process: makes a process one whose memory can be rewound.
//
// Thread: the only one of its process.
#pragma once

#include <cstddef>

#include "base/result.h"

namespace tusk::php::rewind {

struct SettleOptions {
  // Room of the heap, and of the stack, that is mapped ahead. It has no pages until it is used, but
  // each look at the heap's pages costs 4 ns for every one that is not there. A request that needs
  // more heap gets it, and the rewind takes it away again.
  std::size_t heap_bytes = std::size_t{16} << 20;
  // Less where RLIMIT_STACK is smaller.
  std::size_t stack_bytes = std::size_t{8} << 20;
};

// Call it in the host, as early as possible and before Template::take(); workers inherit all of it.
//
// - No transparent huge pages (PR_SET_THP_DISABLE): khugepaged could put unwritten pages together
//   into one that is writable without a fault. No merging of equal pages (KSM) either.
// - malloc() lives in the heap alone, which is grown ahead and never trimmed: its memory then comes
//   and goes without a system call.
// - The stack's mapping is grown ahead, so that it has its final size at the mark.
// - getrandom() is called once: a libc that keeps its state in memory (glibc 2.41) maps it now.
//
// An error is a reason not to rewind in this process. What was changed stays changed.
base::Result<void> settle_process(const SettleOptions& options);

}  // namespace tusk::php::rewind
