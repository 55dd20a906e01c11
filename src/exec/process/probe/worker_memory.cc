#include "exec/process/probe/worker_memory.h"

#include <atomic>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/result.h"
#include "observe/log.h"

namespace tusk::exec::process {

base::UniqueFd WorkerMemory::open_directory(pid_t process) noexcept {
  const std::string path = "/proc/" + std::to_string(process);
  return base::UniqueFd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

ProgramFile ProgramFile::of(const std::string& path) noexcept {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {.device = status.st_dev, .number = status.st_ino};
}

WorkerMemory::WorkerMemory(int directory, const ProgramFile& program) noexcept
    : file_(::openat(directory, "mem", O_RDWR | O_CLOEXEC)) {
  static std::atomic<bool> is_said{false};
  if (file_) {
    // The file is that of the program which the process has executed when it was opened: one that
    // it executes later is not seen through it.
    struct stat status{};
    const bool is_known = ::fstatat(directory, "exe", &status, 0) == 0 &&
                          ProgramFile{status.st_dev, status.st_ino} == program;
    if (!is_known) file_.reset();
    return;
  }
  if (errno == ENOENT || errno == ESRCH || is_said.exchange(true)) return;
  observe::warn("the scripts of worker processes cannot be looked at",
                {{"reason", base::fail_errno("open /proc/PID/mem", errno).error().message}});
}

bool WorkerMemory::read(std::uint64_t from, void* into, std::size_t size) noexcept {
  if (size == 0) return true;
  if (!file_ || ++reads_ > kMostReads) return false;
  const ssize_t got = ::pread(file_.get(), into, size, static_cast<off_t>(from));
  return got >= 0 && static_cast<std::size_t>(got) == size;
}

bool WorkerMemory::write(std::uint64_t to, const void* from, std::size_t size) const noexcept {
  if (!file_) return false;
  const ssize_t put = ::pwrite(file_.get(), from, size, static_cast<off_t>(to));
  return put >= 0 && static_cast<std::size_t>(put) == size;
}

}  // namespace tusk::exec::process
