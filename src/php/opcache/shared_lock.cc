#include "php/opcache/shared_lock.h"

#include <array>
#include <cstddef>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "php/ini.h"
#include "php/opcache/opcache_lock.h"
#include "php/zend.h"

namespace tusk::php::opcache {

namespace {

// The file, and temporary files that may have its kind of name.
constexpr std::size_t kMostFiles = 8;
constinit std::array<int, kMostFiles> files{};
constinit std::size_t file_count = 0;

// The file cache and the JIT compiler catch bailouts while they hold the lock (zend_file_cache.c,
// zend_jit.c). With threads the mutex says so (HeldLocks); without, nothing does.
bool may_be_kept() {
  const bool may_compile =
      ini_value("opcache.jit") != "disable" && ini_is_on("opcache.jit_buffer_size");
  return may_compile || !ini_value("opcache.file_cache").empty();
}

}  // namespace

void SharedLock::find() noexcept {
  if (!compatibility::kIsThreadSafe && may_be_kept()) return;
  for (const int file : OpcacheLock::find_files(ini_value("opcache.lockfile_path"))) {
    if (file_count < kMostFiles) files[file_count++] = file;
  }
}

// By the system call: libc's function is ours, which looks whose lock it is.
void SharedLock::release_abandoned() noexcept {
  struct flock lock{};  // as in zend_shared_alloc_unlock()
  lock.l_type = F_UNLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = 0;
  lock.l_len = 1;
  for (std::size_t i = 0; i < file_count; ++i) ::syscall(SYS_fcntl, files[i], F_SETLK, &lock);
}

}  // namespace tusk::php::opcache
