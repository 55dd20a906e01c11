// ftruncate() of a file that is the server's standard output or error: php://stderr is the server's
// log, and a script that asks for "w" or calls ftruncate() would empty it. Refused with EPERM on
// threads that run scripts, whatever name the file was opened by.

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

#include "php/libc_function.h"
#include "php/script_thread.h"

namespace {

using tusk::php::libc_function;
using tusk::php::ScriptThread;

bool same_file(int one, int other) noexcept {
  struct stat first{};
  struct stat second{};
  return ::fstat(one, &first) == 0 && ::fstat(other, &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

bool is_refused(int fd) noexcept {
  if (ScriptThread::current() == nullptr) return false;
  if (!same_file(fd, STDERR_FILENO) && !same_file(fd, STDOUT_FILENO)) return false;
  errno = EPERM;
  return true;
}

}  // namespace

extern "C" int ftruncate(int fd, off_t size) noexcept {
  static const auto next = libc_function<decltype(::ftruncate)>("ftruncate");
  return is_refused(fd) ? -1 : next(fd, size);
}

extern "C" int ftruncate64(int fd, off64_t size) noexcept {
  static const auto next = libc_function<decltype(::ftruncate64)>("ftruncate64");
  return is_refused(fd) ? -1 : next(fd, size);
}
