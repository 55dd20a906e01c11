// C library functions that wait, and that PHP or a library it uses calls again when a signal
// interrupts them. The executable takes their place for a PHP thread that was told to end
// (php/time_limits.h): there, an interrupted call fails with ETIMEDOUT, which every caller takes
// for an error and passes on. All other threads and times see what the C library does.
//
//   poll, ppoll   php_pollfd_for() users such as xp_socket.c and mysqlnd; libcurl, libpq
//   flock         ps_files_lock() of the session files handler
//   semop         php_sysvsem_semop() in ext/sysvsem/sysvsem.c
//   waitpid       proc_close() in ext/standard/proc_open.c (in php/child_wait.cc)
//
// A call that is begun after the thread was told waits for at most one tick of the watchdog, which
// signals again.
#include "php/blocking_calls.h"

#include <cerrno>

#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "php/session_release.h"

namespace {

using tusk::php::or_timed_out;

int wait_for_events(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  // The kernel writes the time that is left, which the C library's ppoll() keeps from its caller.
  timespec left = timeout != nullptr ? *timeout : timespec{};
  return or_timed_out(static_cast<int>(
      ::syscall(SYS_ppoll, fds, count, timeout != nullptr ? &left : nullptr, mask, _NSIG / 8)));
}

}  // namespace

extern "C" {

int poll(pollfd* fds, nfds_t count, int timeout_ms) {
  const timespec timeout{timeout_ms / 1000, timeout_ms % 1000 * 1'000'000L};
  return wait_for_events(fds, count, timeout_ms < 0 ? nullptr : &timeout, nullptr);
}

int ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  return wait_for_events(fds, count, timeout, mask);
}

// What fortified callers (-D_FORTIFY_SOURCE) reach; the sizes were right at compile time or are
// checked here as glibc does.
// NOLINTBEGIN(bugprone-reserved-identifier): glibc's names are what is replaced
[[noreturn]] void __chk_fail(void);
int __poll_chk(pollfd* fds, nfds_t count, int timeout_ms, size_t bytes) {
  if (bytes / sizeof *fds < count) __chk_fail();
  return poll(fds, count, timeout_ms);
}
int __ppoll_chk(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask,
                size_t bytes) {
  if (bytes / sizeof *fds < count) __chk_fail();
  return ppoll(fds, count, timeout, mask);
}
// NOLINTEND(bugprone-reserved-identifier)

int flock(int fd, int operation) {
  const int result = or_timed_out(static_cast<int>(::syscall(SYS_flock, fd, operation)));
  if (result < 0 && errno == ETIMEDOUT) tusk::php::session_lock_missed();
  return result;
}

int semop(int id, sembuf* operations, size_t count) {
  return or_timed_out(static_cast<int>(::syscall(SYS_semtimedop, id, operations, count, nullptr)));
}

}  // extern "C"
