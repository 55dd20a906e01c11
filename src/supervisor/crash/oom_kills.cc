#include "supervisor/crash/oom_kills.h"

#include <fstream>
#include <iterator>
#include <string>

#include "base/process/control_group.h"

namespace tusk::supervisor::crash {

using base::process::parse_oom_kills;

namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

// Lines of /proc/self/cgroup are "0::/path" (v2) or "4:memory:/path" (v1).
std::optional<std::uint64_t> oom_kills() {
  std::ifstream groups("/proc/self/cgroup");
  std::string line;
  while (std::getline(groups, line)) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string directory = line.substr(second + 1);
    std::optional<std::uint64_t> count;
    if (controllers == ",,") {
      count = parse_oom_kills(content_of("/sys/fs/cgroup" + directory + "/memory.events"));
    } else if (controllers.contains(",memory,")) {
      count =
          parse_oom_kills(content_of("/sys/fs/cgroup/memory" + directory + "/memory.oom_control"));
    }
    if (count) return count;
  }
  return std::nullopt;
}

}  // namespace tusk::supervisor::crash
