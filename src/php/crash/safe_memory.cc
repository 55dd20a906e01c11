#include "php/crash/safe_memory.h"

#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace tusk::php::crash {

bool read_memory(const void* from, void* to, std::size_t bytes) noexcept {
  const iovec local{.iov_base = to, .iov_len = bytes};
  const iovec remote{.iov_base = const_cast<void*>(from), .iov_len = bytes};
  const auto read = ::syscall(SYS_process_vm_readv, ::getpid(), &local, 1L, &remote, 1L, 0L);
  return read >= 0 && static_cast<std::size_t>(read) == bytes;
}

}  // namespace tusk::php::crash
