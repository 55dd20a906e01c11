#include "app/captured_stderr.h"

#include <array>
#include <cstdio>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace tusk::app {

CapturedStderr::CapturedStderr() {
  std::fflush(stderr);
  kept_ = base::UniqueFd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
  memory_ = base::UniqueFd(::memfd_create("stderr", MFD_CLOEXEC));
  if (!kept_ || !memory_ || ::dup2(memory_.get(), STDERR_FILENO) < 0) kept_.reset();
}

std::string CapturedStderr::end() {
  std::string text;
  if (!kept_) return text;
  std::fflush(stderr);
  ::dup2(kept_.get(), STDERR_FILENO);
  kept_.reset();
  std::array<char, 4096> buffer{};
  ::lseek(memory_.get(), 0, SEEK_SET);
  for (ssize_t got = 0; (got = ::read(memory_.get(), buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

}  // namespace tusk::app
