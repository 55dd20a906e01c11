#include "app/live/process_memory.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace tusk::app::live {

namespace {

constexpr std::uint64_t kKiB = 1024;

// Both files are shorter.
using Buffer = std::array<char, 4096>;

std::string_view read_file(const std::string& path, Buffer& buffer) {
  const base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
  return got > 0 ? std::string_view(buffer.data(), static_cast<std::size_t>(got))
                 : std::string_view();
}

// The number of a line "\nName:    123 kB"; 0: there is no such line.
std::uint64_t bytes_of_line(std::string_view text, std::string_view begin) {
  const std::size_t line = text.find(begin);
  if (line == std::string_view::npos) return 0;
  text.remove_prefix(line + begin.size());
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number * kKiB;
}

std::string directory_of(pid_t process) { return "/proc/" + std::to_string(process); }

std::uint64_t proportional_bytes(const std::string& directory) {
  Buffer buffer;
  return bytes_of_line(read_file(directory + "/smaps_rollup", buffer), "\nPss:");
}

}  // namespace

ResidentMemory resident_memory(const ProcessIds& others) {
  Buffer buffer;
  const std::string_view status = read_file("/proc/self/status", buffer);
  ResidentMemory memory{
      .own_bytes = bytes_of_line(status, "\nRssAnon:") + bytes_of_line(status, "\nRssShmem:"),
      .all_bytes = bytes_of_line(status, "\nVmRSS:")};
  for (const pid_t other : others)
    memory.all_bytes +=
        bytes_of_line(read_file(directory_of(other) + "/status", buffer), "\nVmRSS:");
  return memory;
}

ProportionalMemory proportional_memory(const ProcessIds& others) {
  const base::Duration before = base::thread_cpu_time();
  std::uint64_t bytes = proportional_bytes("/proc/self");
  if (bytes == 0) bytes = resident_memory().own_bytes;
  Buffer buffer;
  for (const pid_t other : others) {
    const std::string directory = directory_of(other);
    // The kernel may keep the value secret if the process has another user.
    const std::uint64_t told = proportional_bytes(directory);
    bytes +=
        told != 0 ? told : bytes_of_line(read_file(directory + "/status", buffer), "\nRssAnon:");
  }
  return {.bytes = bytes, .took = base::thread_cpu_time() - before};
}

}  // namespace tusk::app::live
