#include "php/opcache/opcache_lock.h"

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "observe/log.h"

namespace tusk::php::opcache {

namespace {

constexpr char kDescriptors[] = "/proc/self/fd";

struct flock byte_1(short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = 1;
  lock.l_len = 1;
  return lock;
}

// Whether zend_shared_alloc_create_lock() has made the file: a memfd or, without memfd_create(), an
// unnamed or named temporary file.
bool is_lock_file(std::string_view name, std::string_view directory) {
  if (name.starts_with("/memfd:opcache_lock")) return true;
  if (name.find("/.ZendSem.") != std::string_view::npos) return true;
  return name.starts_with(std::string(directory) + "/#");
}

// Asks as accel_is_inactive() does. OPcache's locks of this process do not count, ours does.
bool locked(int descriptor) {
  struct flock lock = byte_1(F_WRLCK);
  return ::fcntl(descriptor, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace

std::vector<int> OpcacheLock::find_files(std::string_view directory) {
  std::vector<int> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(kDescriptors), ::closedir);
  if (!listing) return found;
  while (const dirent* const entry = ::readdir(listing.get())) {
    char name[512];
    const std::string link = std::string(kDescriptors) + "/" + entry->d_name;
    const ssize_t length = ::readlink(link.c_str(), name, sizeof(name));
    if (length <= 0) continue;
    if (is_lock_file({name, static_cast<std::size_t>(length)}, directory)) {
      found.push_back(std::atoi(entry->d_name));
    }
  }
  return found;
}

base::Result<OpcacheLock> OpcacheLock::take(std::string_view directory) {
  OpcacheLock lock(find_files(directory));
  if (lock.descriptors_.empty()) return base::fail("no lock file of OPcache's is open");
  const base::Result<void> taken = lock.take_back();
  if (!taken) return std::unexpected(taken.error());
  for (const int descriptor : lock.descriptors_) {
    if (!locked(descriptor)) return base::fail("locks of open file descriptions have no effect");
  }
  return lock;
}

base::Result<void> OpcacheLock::take_back() {
  for (const int descriptor : descriptors_) {
    struct flock lock = byte_1(F_RDLCK);
    if (::fcntl(descriptor, F_OFD_SETLK, &lock) != 0) {
      return base::fail_errno("lock OPcache's lock file", errno);
    }
  }
  return {};
}

bool OpcacheLock::release() {
  bool ours_alone = true;
  for (const int descriptor : descriptors_) {
    struct flock lock = byte_1(F_UNLCK);
    ::fcntl(descriptor, F_OFD_SETLK, &lock);
    if (locked(descriptor)) ours_alone = false;
  }
  if (ours_alone) return true;
  const base::Result<void> taken = take_back();
  if (!taken)
    observe::error("cannot lock OPcache against restarts", {{"reason", taken.error().message}});
  return false;
}

}  // namespace tusk::php::opcache
