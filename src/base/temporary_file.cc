#include "base/temporary_file.h"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

#include "base/high_descriptor.h"

namespace tusk::base {

Result<UniqueFd> open_temporary_file(const std::string& directory) {
  UniqueFd file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600));
  if (file) return above_low_numbers(std::move(file));
  // O_TMPFILE is not supported there: overlayfs of old kernels, NFS, some FUSE file systems.
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL) {
    return fail_errno("cannot create a temporary file in " + directory, errno);
  }
  std::string name = directory + "/tusk-XXXXXX";
  file.reset(::mkostemp(name.data(), O_CLOEXEC));
  if (!file) return fail_errno("cannot create a temporary file in " + directory, errno);
  ::unlink(name.c_str());
  return above_low_numbers(std::move(file));
}

}  // namespace tusk::base
