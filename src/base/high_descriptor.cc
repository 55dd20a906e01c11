#include "base/high_descriptor.h"

#include <cerrno>

#include <sys/syscall.h>

namespace tusk::base {

namespace {

constexpr int kLeftToAnybody = 256;

}  // namespace

UniqueFd above_low_numbers(UniqueFd fd) noexcept {
  if (fd.get() < kLeftToAnybody || fd.get() >= kFirstHighDescriptor) return fd;
  const int error = errno;
  // Not fcntl(): on a thread that runs scripts, that would count the descriptor as the script's.
  const long high = ::syscall(SYS_fcntl, fd.get(), F_DUPFD_CLOEXEC, kFirstHighDescriptor);
  errno = error;
  return high < 0 ? std::move(fd) : UniqueFd(static_cast<int>(high));
}

}  // namespace tusk::base
