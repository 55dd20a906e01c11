#include "php/descriptors/standard_stream_files.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "php/libc/libc_function.h"
#include "php/script_thread.h"

namespace tusk::php::descriptors {

namespace {

struct File {
  bool regular = false;
  dev_t device = 0;
  ino_t number = 0;
};

File file_of(int fd) noexcept {
  struct stat info{};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return {};
  return {.regular = true, .device = info.st_dev, .number = info.st_ino};
}

// They are determined when the server starts, and do not change (app/standard_streams.h).
const std::array<File, 2>& files_of_server() noexcept {
  static const std::array<File, 2> files = {file_of(STDOUT_FILENO), file_of(STDERR_FILENO)};
  return files;
}

bool any_to_guard() noexcept {
  if (ScriptThread::current() == nullptr) return false;
  return files_of_server()[0].regular || files_of_server()[1].regular;
}

bool is_of_server(const struct stat& info) noexcept {
  for (const File& file : files_of_server()) {
    if (file.regular && file.device == info.st_dev && file.number == info.st_ino) return true;
  }
  return false;
}

bool is_of_server(const char* path) noexcept {
  const int before = errno;
  struct stat info{};
  const bool found = ::stat(path, &info) == 0 && is_of_server(info);
  errno = before;
  return found;
}

}  // namespace

int flags_for_script(const char* path, int flags) noexcept {
  const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;
  if (!writes || !any_to_guard() || !is_of_server(path)) return flags;
  return (flags & ~O_TRUNC) | O_APPEND;
}

const char* mode_for_script(const char* path, const char* mode) noexcept {
  const bool reads = std::strchr(mode, '+') != nullptr;
  if ((mode[0] == 'r' && !reads) || mode[0] == 'a' || std::strchr(mode, 'x') != nullptr)
    return mode;
  if (!any_to_guard() || !is_of_server(path)) return mode;
  return reads ? "a+e" : "ae";
}

}  // namespace tusk::php::descriptors

namespace {

using tusk::php::libc::libc_function;

bool is_refused(int fd) noexcept {
  struct stat info{};
  if (!tusk::php::descriptors::any_to_guard() || ::fstat(fd, &info) != 0) return false;
  if (!tusk::php::descriptors::is_of_server(info)) return false;
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
