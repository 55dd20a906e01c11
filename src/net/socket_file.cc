#include "net/socket_file.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace tusk::net {

bool settle_socket_file(const std::string& path, const ListenOptions& options) {
  const base::UniqueFd file(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) return false;
  if (!S_ISSOCK(status.st_mode) || status.st_nlink != 1) {
    errno = EPERM;
    return false;
  }
  constexpr auto kSame = static_cast<uid_t>(-1);
  const bool chown_asked = options.owner || options.group;
  if (chown_asked && ::fchownat(file.get(), "", options.owner.value_or(kSame),
                                options.group.value_or(kSame), AT_EMPTY_PATH) != 0)
    return false;
  // Older kernels change no mode by such a descriptor, but by this name of it.
  const std::string itself = "/proc/self/fd/" + std::to_string(file.get());
  return ::chmod(itself.c_str(), options.mode) == 0;
}

}  // namespace tusk::net
