#include "base/process/standard_streams.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace tusk::base::process {

void settle_standard_streams() {
  UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return;
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    const bool open = ::fcntl(fd, F_GETFD) >= 0;
    if (null.get() == fd) {
      ::fcntl(fd, F_SETFD, 0);
    } else if (fd == STDIN_FILENO || !open) {
      ::dup2(null.get(), fd);
    }
  }
  // If tusk is started with 2> and not 2>>, the log would continue at the position where a script
  // has left php://stderr, because both have the same position.
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat info{};
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags >= 0 && ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
      ::fcntl(fd, F_SETFL, flags | O_APPEND);
    }
  }
  // Child processes of scripts must not inherit what the server has inherited.
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  // /dev/null itself got one of the three numbers: keep it open.
  if (null.get() <= STDERR_FILENO) (void)null.release();
}

}  // namespace tusk::base::process
