// open(), socket(), close() and related functions: they call libc's and record the result in the
// ledger (php/descriptors/descriptor_ledger.h). On threads that run no scripts a descriptor is
// recorded as nobody's. Also fcntl(), whose record locks are ours on all threads
// (php/descriptors/record_locks.h).
//
// They must also work before main(), when libraries start.

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dirent.h>
#include <fcntl.h>
#include <pty.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "php/descriptors/descriptor_ledger.h"
#include "php/descriptors/record_locks.h"
#include "php/descriptors/socket_pairs.h"
#include "php/descriptors/standard_stream_files.h"
#include "php/libc/libc_function.h"
#include "php/rewind/snapshot.h"

namespace {

using tusk::php::descriptors::DescriptorLedger;
using tusk::php::descriptors::flags_for_script;
using tusk::php::descriptors::mode_for_script;
using tusk::php::descriptors::SocketPairs;
using tusk::php::libc::libc_function;
using tusk::php::rewind::Snapshot;
namespace record_locks = tusk::php::descriptors::record_locks;

bool has_mode(int flags) noexcept {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

// A caller of open() passes the mode only with some flags.
#define TUSK_MODE(flags)              \
  mode_t mode = 0;                    \
  if (has_mode(flags)) {              \
    va_list arguments;                \
    va_start(arguments, flags);       \
    mode = va_arg(arguments, mode_t); \
    va_end(arguments);                \
  }                                   \
  static_assert(true)

// True: the script has as many descriptors open as one may have.
bool is_exhausted() noexcept {
  if (!DescriptorLedger::is_exhausted()) return false;
  errno = EMFILE;
  return true;
}

FILE* opened(FILE* file) noexcept {
  if (file != nullptr) DescriptorLedger::opened(::fileno(file));
  return file;
}

DIR* opened(DIR* directory) noexcept {
  if (directory != nullptr) DescriptorLedger::opened(::dirfd(directory));
  return directory;
}

// Call it before a descriptor is closed.
void closing(int fd) noexcept {
  if (Snapshot* const snapshot = Snapshot::current(); snapshot != nullptr)
    snapshot->closing_descriptor(fd);
  record_locks::closing(fd);
  DescriptorLedger::disown(fd);
}

// Call it after another descriptor has taken the number.
int replaced(int from, int fd) noexcept {
  if (Snapshot* const snapshot = Snapshot::current(); snapshot != nullptr && fd != from)
    snapshot->closing_descriptor(fd);
  if (fd >= 0 && fd != from) record_locks::closing(fd);
  return DescriptorLedger::copied(from, fd);
}

// Records descriptors that came in a message over a unix socket.
void note_received(msghdr* message) noexcept {
  for (cmsghdr* part = CMSG_FIRSTHDR(message); part != nullptr; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const unsigned char* const data = CMSG_DATA(part);
    const std::size_t bytes = part->cmsg_len - CMSG_LEN(0);
    for (std::size_t at = 0; at + sizeof(int) <= bytes; at += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, data + at, sizeof fd);
      DescriptorLedger::opened_socket(fd);  // or a file; the function checks
    }
  }
}

}  // namespace

extern "C" {

// --- files ---

int open(const char* path, int flags, ...) {
  static const auto next = libc_function<decltype(::open)>("open");
  if (is_exhausted()) return -1;
  TUSK_MODE(flags);
  return DescriptorLedger::opened(next(path, flags_for_script(path, flags), mode));
}

int open64(const char* path, int flags, ...) {
  static const auto next = libc_function<decltype(::open64)>("open64");
  if (is_exhausted()) return -1;
  TUSK_MODE(flags);
  return DescriptorLedger::opened(next(path, flags_for_script(path, flags), mode));
}

int openat(int directory, const char* path, int flags, ...) {
  static const auto next = libc_function<decltype(::openat)>("openat");
  if (is_exhausted()) return -1;
  TUSK_MODE(flags);
  return DescriptorLedger::opened(next(directory, path, flags, mode));
}

int openat64(int directory, const char* path, int flags, ...) {
  static const auto next = libc_function<decltype(::openat64)>("openat64");
  if (is_exhausted()) return -1;
  TUSK_MODE(flags);
  return DescriptorLedger::opened(next(directory, path, flags, mode));
}

// Fortified callers (-D_FORTIFY_SOURCE) reach these functions if they pass no mode.
// NOLINTBEGIN(bugprone-reserved-identifier): glibc's names are what is replaced
int __open_2(const char* path, int flags) {
  static const auto next = libc_function<int(const char*, int)>("__open_2");
  if (is_exhausted()) return -1;
  return DescriptorLedger::opened(next(path, flags_for_script(path, flags)));
}

int __open64_2(const char* path, int flags) {
  static const auto next = libc_function<int(const char*, int)>("__open64_2");
  if (is_exhausted()) return -1;
  return DescriptorLedger::opened(next(path, flags_for_script(path, flags)));
}

int __openat_2(int directory, const char* path, int flags) {
  static const auto next = libc_function<int(int, const char*, int)>("__openat_2");
  if (is_exhausted()) return -1;
  return DescriptorLedger::opened(next(directory, path, flags));
}

int __openat64_2(int directory, const char* path, int flags) {
  static const auto next = libc_function<int(int, const char*, int)>("__openat64_2");
  if (is_exhausted()) return -1;
  return DescriptorLedger::opened(next(directory, path, flags));
}
// NOLINTEND(bugprone-reserved-identifier)

int creat(const char* path, mode_t mode) {
  return ::open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int creat64(const char* path, mode_t mode) {
  return ::open64(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int mkstemp(char* name) {
  static const auto next = libc_function<decltype(::mkstemp)>("mkstemp");
  if (is_exhausted()) return -1;
  return DescriptorLedger::opened(next(name));
}

int mkstemp64(char* name) {
  static const auto next = libc_function<decltype(::mkstemp64)>("mkstemp64");
  if (is_exhausted()) return -1;
  return DescriptorLedger::opened(next(name));
}

int mkostemp(char* name, int flags) {
  static const auto next = libc_function<decltype(::mkostemp)>("mkostemp");
  if (is_exhausted()) return -1;
  return DescriptorLedger::opened(next(name, flags));
}

int mkostemp64(char* name, int flags) {
  static const auto next = libc_function<decltype(::mkostemp64)>("mkostemp64");
  if (is_exhausted()) return -1;
  return DescriptorLedger::opened(next(name, flags));
}

int memfd_create(const char* name, unsigned flags) noexcept {
  static const auto next = libc_function<decltype(::memfd_create)>("memfd_create");
  if (is_exhausted()) return -1;
  return DescriptorLedger::opened(next(name, flags));
}

FILE* fopen(const char* path, const char* mode) {
  static const auto next = libc_function<decltype(::fopen)>("fopen");
  if (is_exhausted()) return nullptr;
  return opened(next(path, mode_for_script(path, mode)));
}

FILE* fopen64(const char* path, const char* mode) {
  static const auto next = libc_function<decltype(::fopen64)>("fopen64");
  if (is_exhausted()) return nullptr;
  return opened(next(path, mode_for_script(path, mode)));
}

FILE* tmpfile() {
  static const auto next = libc_function<decltype(::tmpfile)>("tmpfile");
  if (is_exhausted()) return nullptr;
  return opened(next());
}

FILE* tmpfile64() {
  static const auto next = libc_function<decltype(::tmpfile64)>("tmpfile64");
  if (is_exhausted()) return nullptr;
  return opened(next());
}

DIR* opendir(const char* path) {
  static const auto next = libc_function<decltype(::opendir)>("opendir");
  if (is_exhausted()) return nullptr;
  return opened(next(path));
}

// --- sockets, pipes, terminals and what waits for them ---

int socket(int domain, int type, int protocol) noexcept {
  static const auto next = libc_function<decltype(::socket)>("socket");
  if (is_exhausted()) return -1;
  return DescriptorLedger::opened_socket(next(domain, type, protocol));
}

int socketpair(int domain, int type, int protocol, int fds[2]) noexcept {
  static const auto next = libc_function<decltype(::socketpair)>("socketpair");
  if (is_exhausted()) return -1;
  const int result = next(domain, type, protocol, fds);
  if (result == 0) {
    DescriptorLedger::opened_sockets({fds[0], fds[1]});
    SocketPairs::made({fds[0], fds[1]});
  }
  return result;
}

int accept(int socket, sockaddr* address, socklen_t* length) {
  static const auto next = libc_function<decltype(::accept)>("accept");
  if (is_exhausted()) return -1;
  return DescriptorLedger::opened_socket(next(socket, address, length));
}

int accept4(int socket, sockaddr* address, socklen_t* length, int flags) {
  static const auto next = libc_function<decltype(::accept4)>("accept4");
  if (is_exhausted()) return -1;
  return DescriptorLedger::opened_socket(next(socket, address, length, flags));
}

ssize_t recvmsg(int socket, msghdr* message, int flags) {
  static const auto next = libc_function<decltype(::recvmsg)>("recvmsg");
  const ssize_t result = next(socket, message, flags);
  if (result >= 0 && message->msg_controllen > 0) note_received(message);
  return result;
}

int pipe(int fds[2]) noexcept {
  static const auto next = libc_function<decltype(::pipe)>("pipe");
  if (is_exhausted()) return -1;
  const int result = next(fds);
  if (result == 0) DescriptorLedger::opened_pair({fds[0], fds[1]});
  return result;
}

int pipe2(int fds[2], int flags) noexcept {
  static const auto next = libc_function<decltype(::pipe2)>("pipe2");
  if (is_exhausted()) return -1;
  const int result = next(fds, flags);
  if (result == 0) DescriptorLedger::opened_pair({fds[0], fds[1]});
  return result;
}

int openpty(int* controller, int* terminal, char* name, const termios* settings,
            const winsize* size) noexcept {
  static const auto next = libc_function<decltype(::openpty)>("openpty");
  if (is_exhausted()) return -1;
  const int result = next(controller, terminal, name, settings, size);
  if (result == 0) DescriptorLedger::opened_pair({*controller, *terminal});
  return result;
}

int eventfd(unsigned count, int flags) noexcept {
  static const auto next = libc_function<decltype(::eventfd)>("eventfd");
  if (is_exhausted()) return -1;
  return DescriptorLedger::opened(next(count, flags));
}

int epoll_create(int size) noexcept {
  static const auto next = libc_function<decltype(::epoll_create)>("epoll_create");
  if (is_exhausted()) return -1;
  return DescriptorLedger::opened(next(size));
}

int epoll_create1(int flags) noexcept {
  static const auto next = libc_function<decltype(::epoll_create1)>("epoll_create1");
  if (is_exhausted()) return -1;
  return DescriptorLedger::opened(next(flags));
}

int timerfd_create(clockid_t clock, int flags) noexcept {
  static const auto next = libc_function<decltype(::timerfd_create)>("timerfd_create");
  if (is_exhausted()) return -1;
  return DescriptorLedger::opened(next(clock, flags));
}

int inotify_init() noexcept {
  static const auto next = libc_function<decltype(::inotify_init)>("inotify_init");
  if (is_exhausted()) return -1;
  return DescriptorLedger::opened(next());
}

int inotify_init1(int flags) noexcept {
  static const auto next = libc_function<decltype(::inotify_init1)>("inotify_init1");
  if (is_exhausted()) return -1;
  return DescriptorLedger::opened(next(flags));
}

// --- copies and ends ---

int dup(int fd) noexcept {
  static const auto next = libc_function<decltype(::dup)>("dup");
  if (is_exhausted()) return -1;
  return DescriptorLedger::copied(fd, next(fd));
}

int dup2(int from, int to) noexcept {
  static const auto next = libc_function<decltype(::dup2)>("dup2");
  return replaced(from, next(from, to));
}

int dup3(int from, int to, int flags) noexcept {
  static const auto next = libc_function<decltype(::dup3)>("dup3");
  return replaced(from, next(from, to, flags));
}

// The argument is a number or a pointer, or missing: libc passes a pointer on too.
int fcntl(int fd, int command, ...) {
  static const auto next = libc_function<decltype(::fcntl)>("fcntl");
  va_list arguments;
  va_start(arguments, command);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  switch (command) {
    case F_SETLK:
    case F_SETLKW:
    case F_GETLK:
      return record_locks::request(fd, command, static_cast<struct flock*>(argument));
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
      if (is_exhausted()) return -1;
      return DescriptorLedger::copied(fd, next(fd, command, argument));
    default:
      return next(fd, command, argument);
  }
}

int fcntl64(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  return ::fcntl(fd, command, argument);
}

int close(int fd) {
  static const auto next = libc_function<decltype(::close)>("close");
  closing(fd);
  return next(fd);
}

int closedir(DIR* directory) {
  static const auto next = libc_function<decltype(::closedir)>("closedir");
  closing(::dirfd(directory));
  return next(directory);
}

int fclose(FILE* file) {
  static const auto next = libc_function<decltype(::fclose)>("fclose");
  closing(::fileno(file));
  return next(file);
}

}  // extern "C"
