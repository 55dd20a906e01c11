#include "exec/process/group/strays.h"

#include <array>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include <unistd.h>

namespace tusk::exec::process {

namespace {

constexpr std::string_view kServer = "tusk-server";

// 0: it has ended, or is a zombie, which takes no signal.
pid_t parent_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string stat;
  std::getline(file, stat);
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream rest(stat.substr(name_end + 1));
  char state = 0;
  pid_t parent = 0;
  rest >> state >> parent;
  return state == 'Z' || state == 'X' ? 0 : parent;
}

// The name of an upgraded program has " (deleted)" behind it.
bool is_server(pid_t process) {
  std::array<char, 4096> path;
  const std::string link = "/proc/" + std::to_string(process) + "/exe";
  const ssize_t length = ::readlink(link.c_str(), path.data(), path.size());
  if (length <= 0) return false;
  std::string_view name(path.data(), static_cast<std::size_t>(length));
  name.remove_prefix(name.rfind('/') + 1);
  return name.starts_with(kServer);
}

}  // namespace

std::vector<pid_t> find_strays(const std::vector<pid_t>& members) {
  std::map<pid_t, pid_t> parents;
  for (const pid_t member : members) {
    if (const pid_t parent = parent_of(member); parent != 0) parents[member] = parent;
  }
  const auto is_stray = [&](pid_t process) {
    // Up to the first one that is outside of the group. A parent is older than its child, unless
    // one of them has ended since its file was read.
    for (std::size_t steps = 0; steps <= parents.size(); ++steps) {
      const auto at = parents.find(process);
      if (at == parents.end()) break;
      process = at->second;
    }
    return !is_server(process);
  };
  std::vector<pid_t> strays;
  for (const auto& [process, parent] : parents) {
    if (is_stray(process)) strays.push_back(process);
  }
  return strays;
}

}  // namespace tusk::exec::process
