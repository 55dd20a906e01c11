#include "observe/process_stats.h"

#include <charconv>
#include <chrono>
#include <cstddef>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace tusk::observe {
namespace {

// Reads a whole /proc file, or nothing. `size` bytes are enough for the files used here.
template <std::size_t size>
std::string_view read_small_file(const char* path, char (&buffer)[size]) noexcept {
  const base::UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  const ssize_t got = ::read(fd.get(), buffer, size);
  return got > 0 ? std::string_view(buffer, static_cast<std::size_t>(got)) : std::string_view();
}

// The number at `index` (from 0) in a list separated by single spaces.
std::uint64_t number_at(std::string_view text, std::size_t index) noexcept {
  for (; index > 0; --index) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return 0;
    text.remove_prefix(space + 1);
  }
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

double cpu_seconds() noexcept {
  timespec time{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

std::uint64_t resident_memory_bytes() noexcept {
  char buffer[256];
  const long page_bytes = ::sysconf(_SC_PAGESIZE);
  const std::string_view statm = read_small_file("/proc/self/statm", buffer);
  return page_bytes > 0 ? number_at(statm, 1) * static_cast<std::uint64_t>(page_bytes) : 0;
}

std::uint64_t open_fds() noexcept {
  DIR* directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(directory)) {
    if (entry->d_name[0] != '.') ++count;
  }
  ::closedir(directory);
  return count > 0 ? count - 1 : 0;  // without the descriptor used for reading
}

std::uint64_t max_fds() noexcept {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

// Field 22 of /proc/self/stat is the start time in clock ticks since boot. The second field is the
// program's name in parentheses and may contain spaces, so counting begins after the last ')'.
double start_time_seconds() noexcept {
  char buffer[1024];
  std::string_view stat = read_small_file("/proc/self/stat", buffer);
  const std::size_t name_end = stat.rfind(") ");
  const long ticks_per_second = ::sysconf(_SC_CLK_TCK);
  timespec since_boot{};
  if (name_end == std::string_view::npos || ticks_per_second <= 0 ||
      ::clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0) {
    return 0;
  }
  stat.remove_prefix(name_end + 2);
  const double started_after_boot =
      static_cast<double>(number_at(stat, 19)) / static_cast<double>(ticks_per_second);
  const double age = static_cast<double>(since_boot.tv_sec) +
                     static_cast<double>(since_boot.tv_nsec) / 1e9 - started_after_boot;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count() - age;
}

}  // namespace

ProcessStats read_process_stats() noexcept {
  // Computed once: computed anew it would jitter by a clock tick.
  static const double started = start_time_seconds();
  return {.cpu_seconds = cpu_seconds(),
          .start_time_seconds = started,
          .resident_memory_bytes = resident_memory_bytes(),
          .open_fds = open_fds(),
          .max_fds = max_fds()};
}

}  // namespace tusk::observe
