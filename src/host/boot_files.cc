#include "host/boot_files.h"

#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/boot_descriptors.h"
#include "php/descriptors/descriptor_ledger.h"

namespace tusk::host {

namespace {

std::string path_of(const std::string& link) {
  std::array<char, PATH_MAX> path;
  const ssize_t bytes = ::readlink(link.c_str(), path.data(), path.size());
  return bytes < 0 ? link : std::string(path.data(), static_cast<std::size_t>(bytes));
}

}  // namespace

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
    // SQLite opens its files with O_NOFOLLOW, and this name is a link.
    const int flags = ::fcntl(file.fd, F_GETFL) & ~O_NOFOLLOW;
    const base::UniqueFd fresh(::open(name.c_str(), flags | O_CLOEXEC));
    // Not dup3(), which tusk replaces: it would forget who locks the file by this descriptor.
    if (!fresh || ::syscall(SYS_dup3, fresh.get(), file.fd, own != 0 ? O_CLOEXEC : 0) < 0) {
      const int error = errno;
      return base::fail_errno("open " + path_of(name) + " again, which the boot has open", error)
          .error()
          .message;
    }
    // A child that a request forks leaves it alone.
    php::descriptors::DescriptorLedger::disown(file.fd);
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
