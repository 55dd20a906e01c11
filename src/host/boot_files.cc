#include "host/boot_files.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/boot_descriptors.h"

namespace tusk::host {

void BootFiles::take(const std::set<int>& before) {
  for (const int fd : opened_since(before)) {
    struct stat status{};
    if (::fstat(fd, &status) != 0) continue;
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) continue;
    // It has no position.
    if ((::fcntl(fd, F_GETFL) & O_PATH) != 0) continue;
    files_.push_back({.fd = fd, .position = ::lseek(fd, 0, SEEK_CUR)});
  }
}

std::string BootFiles::open_anew() const {
  for (const File& file : files_) {
    const std::string name = "/proc/self/fd/" + std::to_string(file.fd);
    const int own = ::fcntl(file.fd, F_GETFD) & FD_CLOEXEC;
    const base::UniqueFd fresh(::open(name.c_str(), ::fcntl(file.fd, F_GETFL) | O_CLOEXEC));
    if (!fresh || ::dup3(fresh.get(), file.fd, own != 0 ? O_CLOEXEC : 0) < 0) {
      return base::fail_errno(
                 "open a file of the boot again (descriptor " + std::to_string(file.fd) + ")",
                 errno)
          .error()
          .message;
    }
  }
  put_back_positions();
  return {};
}

void BootFiles::put_back_positions() const noexcept {
  for (const File& file : files_) {
    if (file.position >= 0) (void)::lseek(file.fd, file.position, SEEK_SET);
  }
}

}  // namespace tusk::host
