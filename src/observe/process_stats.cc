#include "observe/process_stats.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
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

// The path of a file of the process below /proc.
class ProcPath {
 public:
  ProcPath(pid_t pid, std::string_view file) noexcept {
    char* end = std::copy_n("/proc/", 6, text_);
    end = std::to_chars(end, end + 12, pid).ptr;
    end = std::copy(file.begin(), file.end(), end);
    *end = '\0';
  }
  const char* c_str() const noexcept { return text_; }

 private:
  char text_[64];
};

std::uint64_t resident_memory_bytes(pid_t pid) noexcept {
  char buffer[256];
  const long page_bytes = ::sysconf(_SC_PAGESIZE);
  const std::string_view statm = read_small_file(ProcPath(pid, "/statm").c_str(), buffer);
  return page_bytes > 0 ? number_at(statm, 1) * static_cast<std::uint64_t>(page_bytes) : 0;
}

std::uint64_t open_fds(pid_t pid) noexcept {
  const ProcPath path(pid, "/fd");
  // Since Linux 6.2 it is the size of the directory.
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0 && status.st_size > 0)
    return static_cast<std::uint64_t>(status.st_size);
  DIR* directory = ::opendir(path.c_str());
  if (directory == nullptr) return 0;
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(directory)) {
    if (entry->d_name[0] != '.') ++count;
  }
  ::closedir(directory);
  // Without the descriptor used for reading.
  return count > 0 && pid == ::getpid() ? count - 1 : count;
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

std::uint64_t proportional_memory_bytes(pid_t pid) noexcept {
  char buffer[4096];
  constexpr std::string_view kLine = "\nPss:";
  std::string_view rollup = read_small_file(ProcPath(pid, "/smaps_rollup").c_str(), buffer);
  if (const std::size_t line = rollup.find(kLine); line != std::string_view::npos) {
    rollup.remove_prefix(line + kLine.size());
    rollup.remove_prefix(std::min(rollup.find_first_not_of(' '), rollup.size()));
    return number_at(rollup, 0) * 1024;
  }
  const std::string_view statm = read_small_file(ProcPath(pid, "/statm").c_str(), buffer);
  const long page_bytes = ::sysconf(_SC_PAGESIZE);
  const std::uint64_t resident = number_at(statm, 1);
  const std::uint64_t shared = number_at(statm, 2);
  if (page_bytes <= 0 || shared > resident) return 0;
  return (resident - shared) * static_cast<std::uint64_t>(page_bytes);
}

bool has_name(pid_t pid, std::string_view begin) noexcept {
  char buffer[64];
  return read_small_file(ProcPath(pid, "/comm").c_str(), buffer).starts_with(begin);
}

// Calls `visit` for each number of a list as /proc/PID/task/TID/children is.
template <class Visit>
void visit_numbers(int file, const Visit& visit) noexcept {
  char buffer[1024];
  pid_t number = 0;
  for (ssize_t got = 0; (got = ::read(file, buffer, sizeof buffer)) > 0;) {
    for (const char digit : std::string_view(buffer, static_cast<std::size_t>(got))) {
      if (digit >= '0' && digit <= '9') {
        number = number * 10 + (digit - '0');
      } else if (number != 0) {
        visit(number);
        number = 0;
      }
    }
  }
}

// The kernel lists children by the thread that has started them.
template <class Visit>
void visit_children(pid_t parent, std::string_view begin_of_name, const Visit& visit) noexcept {
  DIR* const threads = ::opendir(ProcPath(parent, "/task").c_str());
  if (threads == nullptr) return;
  while (const dirent* const thread = ::readdir(threads)) {
    const std::string_view id = thread->d_name;
    char path[32];
    constexpr std::string_view kFile = "/children";
    if (id.starts_with('.') || id.size() + kFile.size() >= sizeof path) continue;
    *std::ranges::copy(kFile, std::ranges::copy(id, path).out).out = '\0';
    const base::UniqueFd file(::openat(::dirfd(threads), path, O_RDONLY | O_CLOEXEC));
    if (!file) continue;
    visit_numbers(file.get(), [&](pid_t child) {
      if (has_name(child, begin_of_name)) visit(child);
    });
  }
  ::closedir(threads);
}

// Names of a PHP host and of its workers, as the kernel has them: they are cut to 15 characters.
constexpr std::string_view kHost = "tusk-php-host";
constexpr std::string_view kWorker = "tusk-worker-";

// The kernel looks at each page of a process, for a quarter of a millisecond and more, while a loop
// waits: where there are many workers, the mean of some stands for all.
std::uint64_t memory_of_workers(pid_t host) noexcept {
  constexpr std::uint64_t kMostLookedAt = 16;
  std::uint64_t workers = 0;
  std::uint64_t bytes = 0;
  visit_children(host, kWorker, [&](pid_t worker) {
    if (++workers <= kMostLookedAt) bytes += proportional_memory_bytes(worker);
  });
  return workers > kMostLookedAt ? bytes / kMostLookedAt * workers : bytes;
}

}  // namespace

base::Duration cpu_time_of(pid_t pid) noexcept {
  // The kernel gives no number beyond; a clock's has no room for a larger one.
  constexpr pid_t kMostPid = 1 << 22;
  if (pid <= 0 || pid > kMostPid) return {};
  // /proc/PID/stat counts in ticks of 10 ms: the sum of several processes would go backwards by
  // some of them, if one of the processes reads its own time exactly.
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

ProcessUse read_process_use(pid_t pid) noexcept {
  if (pid <= 0) return {};
  ProcessUse use{.cpu_seconds = std::chrono::duration<double>(cpu_time_of(pid)).count(),
                 .resident_memory_bytes = resident_memory_bytes(pid),
                 .open_fds = open_fds(pid)};
  // A script may start any number of programs with this name.
  constexpr int kMostHosts = 64;
  int hosts = 0;
  visit_children(pid, kHost, [&](pid_t host) {
    if (++hosts > kMostHosts) return;
    use.resident_memory_bytes += proportional_memory_bytes(host) + memory_of_workers(host);
  });
  return use;
}

double own_start_time() noexcept {
  // Computed once: computed anew it would jitter by a clock tick.
  static const double started = start_time_seconds();
  return started;
}

std::uint64_t descriptor_limit() noexcept {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

}  // namespace tusk::observe
