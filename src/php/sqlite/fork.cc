#include "php/sqlite/fork.h"

#include <atomic>

#include <sqlite3.h>
#include <sys/stat.h>

#include "php/libc/libc_function.h"

namespace tusk::php::sqlite {

namespace {

constexpr dev_t kOfChild = dev_t{1} << 62U;

// Relaxed: always the same value.
constinit std::atomic<sqlite3_vfs*> vfs{nullptr};

int fstat_in_child(int fd, struct stat* status) noexcept {
  const int result = ::fstat(fd, status);
  if (result == 0) status->st_dev ^= kOfChild;
  return result;
}

}  // namespace

void prepare_sqlite_for_fork() noexcept {
  static const auto find = libc::libc_function<decltype(::sqlite3_vfs_find)>("sqlite3_vfs_find");
  if (find == nullptr || vfs.load(std::memory_order_relaxed) != nullptr) return;
  vfs.store(find("unix"), std::memory_order_relaxed);
}

void separate_sqlite_from_parent() noexcept {
  sqlite3_vfs* const unix_vfs = vfs.load(std::memory_order_relaxed);
  if (unix_vfs == nullptr || unix_vfs->iVersion < 3 || unix_vfs->xSetSystemCall == nullptr) return;
  unix_vfs->xSetSystemCall(unix_vfs, "fstat",
                           reinterpret_cast<sqlite3_syscall_ptr>(fstat_in_child));
}

}  // namespace tusk::php::sqlite
