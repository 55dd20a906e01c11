// ProcessMemory: reads this process's memory at addresses that may be wrong.
//
// Thread: any.
#pragma once

#include <cstddef>

namespace tusk::php::backtrace {

// The kernel copies, so an address that is not mapped is an error and not a crash, and memory that
// another thread changes or frees meanwhile is read as it happens to be. Costs a system call.
class ProcessMemory {
 public:
  // False: not all of it can be read. Not for threads that run scripts.
  static bool read(const void* from, void* into, std::size_t size) noexcept;

  // The two ways, for read() to choose from. process_vm_readv() opens no descriptor, so every
  // thread may use it; but a seccomp profile may forbid it, and then nothing can be read.
  enum class Outcome { kRead, kBadAddress, kForbidden };
  static Outcome read_directly(const void* from, void* into, std::size_t size) noexcept;
  static bool read_through_pipe(const void* from, void* into, std::size_t size) noexcept;
};

}  // namespace tusk::php::backtrace
