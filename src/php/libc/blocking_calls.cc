// Blocking functions of libc that PHP, or a library it uses, calls again when a signal interrupts
// them. The executable replaces them for a PHP thread that was told to end
// (php/interrupt/time_limits.h): there an interrupted call fails with ETIMEDOUT, which every caller
// takes for an error and passes on. All other threads, and this one at other times, get libc's
// behaviour.
//
//   poll, ppoll   php_pollfd_for() users such as xp_socket.c and mysqlnd; libcurl, libpq
//   flock         ps_files_lock() of the session files handler
//   semop         php_sysvsem_semop() in ext/sysvsem/sysvsem.c
//   nanosleep     time_sleep_until() in ext/standard/basic_functions.c
//   waitpid       proc_close() in ext/standard/proc_open.c (in php/process/child_wait.cc)
//
// Some callers do not look at the error and try again: php_openssl_sockop_io() and
// php_openssl_enable_crypto() after poll(), liblber and librtmp after read() and recv(). So the
// sockets that such a thread waits for are shut down, and a caller that tries again finds the end
// of the stream. The sockets would be of no use to the next request either: half an answer is under
// way, and PHP checks that a persistent connection is alive before it uses it again.
//
// A file may have no end, or be so large that PHP reads it for longer than the thread is given, in
// one function that computes between reads which never wait (hash_file(), copy()). So reads by
// PHP's own code fail on such a thread too, except for the first of a regular file: where a time
// zone's file cannot be read, PHP uses a null pointer (get_timezone_info() in Debian's PHP), also
// when it logs that the script's time is over. SQLite's reads do not fail, because it may have to
// read to undo a transaction.
//
// SQLite sleeps in steps and counts them: see php/sqlite/connections.h.
//
// A call that begins after the thread was told to end waits for at most one tick of the watchdog,
// which signals again.
#include "php/libc/blocking_calls.h"

#include <cerrno>

#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "observe/crash/module_map.h"
#include "php/libc/libc_function.h"
#include "php/sapi/session_release.h"
#include "php/script_thread.h"

namespace {

using tusk::observe::crash::CodeOwner;
using tusk::observe::crash::ModuleMap;
using tusk::php::ScriptThread;
using tusk::php::libc::is_told_to_end;
using tusk::php::libc::libc_function;
using tusk::php::libc::or_timed_out;

// Ends a socket that this thread's scripts have opened; the log's, for example, is not. Anything
// else than a socket is left alone (ENOTSOCK).
bool end_socket(int fd) noexcept {
  const ScriptThread* const thread = ScriptThread::current();
  if (fd < 0 || thread == nullptr || !thread->descriptors.owns(fd)) return false;
  ::shutdown(fd, SHUT_RDWR);
  errno = ETIMEDOUT;
  return true;
}

bool is_php(const void* caller) noexcept {
  return ModuleMap::owner_of(reinterpret_cast<std::uintptr_t>(caller)) == CodeOwner::kPhp;
}

// Whether a read that returned `size` bytes was the first of a regular file.
bool was_first_of_file(int fd, ssize_t size) noexcept {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && ::lseek(fd, 0, SEEK_CUR) == size;
}

// Call it after a call that waits for one descriptor.
ssize_t or_end(int fd, ssize_t result) noexcept {
  if (result < 0 && errno == EINTR && is_told_to_end() && !end_socket(fd)) errno = EINTR;
  return result;
}

int wait_for_events(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  // The kernel writes the remaining time, which libc's ppoll() hides from its caller.
  timespec left = timeout != nullptr ? *timeout : timespec{};
  const int ready = static_cast<int>(
      ::syscall(SYS_ppoll, fds, count, timeout != nullptr ? &left : nullptr, mask, _NSIG / 8));
  if (ready >= 0 || errno != EINTR || !is_told_to_end()) return ready;
  for (nfds_t i = 0; i < count; ++i) end_socket(fds[i].fd);
  errno = ETIMEDOUT;
  return -1;
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

// Fortified callers (-D_FORTIFY_SOURCE) reach these functions. The sizes were right at compile time
// or are checked here as glibc does.
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
  if (result < 0 && errno == ETIMEDOUT) tusk::php::sapi::session_lock_missed();
  return result;
}

int semop(int id, sembuf* operations, size_t count) {
  return or_timed_out(static_cast<int>(::syscall(SYS_semtimedop, id, operations, count, nullptr)));
}

int nanosleep(const timespec* time, timespec* left) {
  static const auto next = libc_function<decltype(::nanosleep)>("nanosleep");
  return or_timed_out(next(time, left));
}

ssize_t read(int fd, void* buffer, size_t size) {
  static const auto next = libc_function<decltype(::read)>("read");
  const ssize_t result = next(fd, buffer, size);
  if (result <= 0 || !is_told_to_end() || !is_php(__builtin_return_address(0)) ||
      was_first_of_file(fd, result)) {
    return or_end(fd, result);
  }
  errno = ETIMEDOUT;
  return -1;
}

ssize_t write(int fd, const void* data, size_t size) {
  static const auto next = libc_function<decltype(::write)>("write");
  return or_end(fd, next(fd, data, size));
}

ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  static const auto next = libc_function<decltype(::recv)>("recv");
  return or_end(fd, next(fd, buffer, size, flags));
}

ssize_t send(int fd, const void* data, size_t size, int flags) {
  static const auto next = libc_function<decltype(::send)>("send");
  return or_end(fd, next(fd, data, size, flags));
}

}  // extern "C"
