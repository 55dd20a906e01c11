#include "config/machine/control_group.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <system_error>

namespace tusk::config::machine {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc()) return std::nullopt;
  return value;
}

// Takes 0 for no limit.
std::uint64_t tighter(std::uint64_t a, std::uint64_t b) {
  if (a == 0 || b == 0) return std::max(a, b);
  return std::min(a, b);
}

}  // namespace

GroupLimits group_limits(const std::string& tree, std::string directory) {
  GroupLimits limits;
  while (true) {
    const std::string group = tree + directory;
    limits.cores = tighter(limits.cores, cores_of_cpu_max(first_line(group + "/cpu.max")));
    // Above memory.high a group is slowed down until nothing works, long before memory.max.
    for (const char* const file : {"/memory.max", "/memory.high"})
      limits.memory_bytes =
          tighter(limits.memory_bytes, bytes_of_memory_max(first_line(group + file)));
    if (directory.size() <= 1) return limits;
    const std::size_t slash = directory.rfind('/');
    directory.resize(slash == std::string::npos ? 0 : slash);
  }
}

std::string group_directory(std::string_view cgroup_text) {
  constexpr std::string_view kVersion2 = "0::";
  while (!cgroup_text.empty()) {
    const std::string_view line = cgroup_text.substr(0, cgroup_text.find('\n'));
    if (line.starts_with("0::/")) return std::string(line.substr(kVersion2.size()));
    cgroup_text.remove_prefix(std::min(cgroup_text.size(), line.size() + 1));
  }
  return "/";
}

std::uint64_t cores_of_cpu_max(std::string_view cpu_max) {
  const std::size_t blank = cpu_max.find(' ');
  if (blank == std::string_view::npos) return 0;
  const auto quota = number(cpu_max.substr(0, blank));
  const auto period = number(cpu_max.substr(blank + 1));
  if (!quota || !period || *period == 0) return 0;
  return (*quota + *period - 1) / *period;
}

std::uint64_t bytes_of_memory_max(std::string_view memory_max) {
  return number(memory_max).value_or(0);
}

}  // namespace tusk::config::machine
