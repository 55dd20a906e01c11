#include "app/live/process_memory.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace tusk::app::live {

namespace {

constexpr std::uint64_t kKiB = 1024;

// Both files are shorter.
using Buffer = std::array<char, 4096>;

std::string_view read_file(const char* path, Buffer& buffer) {
  const base::UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
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

}  // namespace

ResidentMemory resident_memory() {
  Buffer buffer;
  const std::string_view status = read_file("/proc/self/status", buffer);
  return {.own_bytes = bytes_of_line(status, "\nRssAnon:") + bytes_of_line(status, "\nRssShmem:"),
          .all_bytes = bytes_of_line(status, "\nVmRSS:")};
}

ProportionalMemory proportional_memory() {
  const base::Duration before = base::thread_cpu_time();
  Buffer buffer;
  std::uint64_t bytes = bytes_of_line(read_file("/proc/self/smaps_rollup", buffer), "\nPss:");
  if (bytes == 0) bytes = resident_memory().own_bytes;
  return {.bytes = bytes, .took = base::thread_cpu_time() - before};
}

}  // namespace tusk::app::live
