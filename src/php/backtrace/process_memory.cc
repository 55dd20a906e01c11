#include "php/backtrace/process_memory.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/high_descriptor.h"
#include "base/unique_fd.h"

namespace tusk::php::backtrace {

bool ProcessMemory::read(const void* from, void* into, std::size_t size) noexcept {
  if (size == 0) return true;
  const Outcome outcome = read_directly(from, into, size);
  if (outcome != Outcome::kForbidden) return outcome == Outcome::kRead;
  return read_through_pipe(from, into, size);
}

ProcessMemory::Outcome ProcessMemory::read_directly(const void* from, void* into,
                                                    std::size_t size) noexcept {
  if (from == nullptr) return Outcome::kBadAddress;
  const iovec local{into, size};
  const iovec remote{const_cast<void*>(from), size};
  const ssize_t got = ::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0);
  if (got >= 0 && static_cast<std::size_t>(got) == size) return Outcome::kRead;
  const bool forbidden = got < 0 && (errno == EPERM || errno == ENOSYS);
  return forbidden ? Outcome::kForbidden : Outcome::kBadAddress;
}

// write(2) fails with EFAULT where the address is wrong. The pipe is empty between calls, so a
// write of less than PIPE_BUF never waits. System calls are made directly, because the executable
// replaces libc's functions for scripts.
bool ProcessMemory::read_through_pipe(const void* from, void* into, std::size_t size) noexcept {
  struct Pipe {
    Pipe() {
      std::array<int, 2> ends{};
      if (::syscall(SYS_pipe2, ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return;
      read = base::above_low_numbers(base::UniqueFd(ends[0]));
      write = base::above_low_numbers(base::UniqueFd(ends[1]));
    }
    base::UniqueFd read;
    base::UniqueFd write;
  };
  static thread_local Pipe pipe;
  constexpr std::size_t kMostAtOnce = 4096;
  if (!pipe.write || from == nullptr || size > kMostAtOnce) return false;
  const long put = ::syscall(SYS_write, pipe.write.get(), from, size);
  if (put <= 0) return false;
  const long got = ::syscall(SYS_read, pipe.read.get(), into, static_cast<std::size_t>(put));
  return got == put && static_cast<std::size_t>(got) == size;  // a write that fails midway is short
}

}  // namespace tusk::php::backtrace
