// Record locks (fcntl F_SETLK, F_SETLKW, F_GETLK) that last until they are released.
//
// POSIX gives record locks to the process, and releases all locks of a file when any thread closes
// any descriptor of that file. So a client that downloads a database, or a script that reads it,
// would unlock it under the request that is writing. SQLite knows this of its own descriptors and
// closes none too early; it cannot know of other threads' descriptors.
//
// So the locks are kept here as locks of an open file description (F_OFD_SETLK), on one descriptor
// of our own for each file. It has to be one for the whole process: SQLite counts the connections
// of a process to a file and locks once for all of them, by whichever descriptor is at hand, and
// locks of two descriptions would exclude each other. Between threads the locks exclude nobody, as
// POSIX has it. The descriptor is closed when the last descriptor by which a lock was asked for is
// closed.
//
// Differences: deadlocks are not detected (EDEADLK), and another process that asks who holds a lock
// (F_GETLK) gets -1 instead of a process id. If a file system has no such locks, or for anything
// but a regular file, libc's are used, and for OPcache's lock file: its locks stay the process's
// (php/opcache/opcache_lock.h). Before PHP 8.5, which has OPcache inside of libphp, they are not
// seen, because PHP loads OPcache with RTLD_DEEPBIND.
//
// Thread: any.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <span>

#include <fcntl.h>

namespace tusk::php::descriptors::record_locks {

inline constexpr std::size_t kDescriptors = 1U << 20U;
// The descriptors by which locks were asked for. Plain, so that no constructor runs over it, and
// made atomic by asked(): every close() looks here, and nearly all find false.
inline constinit std::array<bool, kDescriptors> asked_by{};
inline std::atomic_ref<bool> asked(int fd) noexcept {
  return std::atomic_ref<bool>(asked_by[static_cast<std::size_t>(fd)]);
}

// Does what fcntl() does with one of the three commands.
int request(int fd, int command, struct flock* lock) noexcept;

void forget(int fd) noexcept;

// From now on, and in processes that are forked, locks by these descriptors are libc's, and those
// by all others are kept here. Call it while these hold no lock, before there are workers.
void leave_to_libc(std::span<const int> descriptors) noexcept;

// Call it before a descriptor is closed.
inline void closing(int fd) noexcept {
  if (fd < 0 || static_cast<std::size_t>(fd) >= kDescriptors) return;
  if (asked(fd).load(std::memory_order_relaxed)) forget(fd);
}

// Call it in a process that a script forked: locks are not inherited. From then on locks are
// libc's. The caller closes every descriptor that is not the child's, these among them.
void enter_child() noexcept;

}  // namespace tusk::php::descriptors::record_locks
