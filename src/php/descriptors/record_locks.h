// Record locks (fcntl F_SETLK, F_SETLKW, F_GETLK) that last until they are given back.
//
// POSIX gives them to the process, and takes all of a file's away when any descriptor of that file
// is closed, by any thread: a client that downloads a database, or a script that reads it, unlocks
// it under the request that is writing. SQLite knows that of its own descriptors and closes none
// too early; it cannot know of other threads'.
//
// So they are kept here as locks of an open file description (F_OFD_SETLK), on one descriptor of
// our own for each file. It has to be one for the whole process: SQLite counts the connections of a
// process to a file and locks once for all of them, by whichever descriptor is at hand, and locks
// of two descriptions would exclude each other. Between threads they exclude nobody, as ever. The
// descriptor is closed when the last one by which a lock was asked for is.
//
// Differences: no deadlock is detected (EDEADLK), and another process that asks who holds a lock
// (F_GETLK) learns -1 in place of a process id. Where a file system has no such locks, or for what
// is not a regular file, libc's are used. Not seen: libraries that PHP loads with RTLD_DEEPBIND.
// OPcache is one; its locks stay the process's (php/opcache/opcache_lock.h).
//
// Thread: any.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include <fcntl.h>

namespace tusk::php::descriptors::record_locks {

inline constexpr std::size_t kDescriptors = 1U << 20U;
// By which descriptors locks were asked for. Plain, so that no constructor runs over it, and atomic
// by asked(): every close() looks, and nearly all find false.
inline constinit std::array<bool, kDescriptors> asked_by{};
inline std::atomic_ref<bool> asked(int fd) noexcept {
  return std::atomic_ref<bool>(asked_by[static_cast<std::size_t>(fd)]);
}

// As fcntl() with one of the three commands.
int request(int fd, int command, struct flock* lock) noexcept;

void forget(int fd) noexcept;

// Before a descriptor is closed.
inline void closing(int fd) noexcept {
  if (fd < 0 || static_cast<std::size_t>(fd) >= kDescriptors) return;
  if (asked(fd).load(std::memory_order_relaxed)) forget(fd);
}

// In a process that a script forked: locks are not inherited. From here on they are libc's; who
// calls this closes what is not the child's, these descriptors among them.
void enter_child() noexcept;

}  // namespace tusk::php::descriptors::record_locks
