#include "console/doctor/worker_facts.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <vector>

namespace tusk::console::doctor {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHost = "tusk-php-host";
constexpr std::uint64_t kKiB = 1024;

fs::path directory_of(pid_t process) { return "/proc/" + std::to_string(process); }

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  std::error_code failed;
  for (auto task = fs::directory_iterator(directory_of(parent) / "task", failed);
       !failed && task != fs::directory_iterator(); task.increment(failed)) {
    std::ifstream file(task->path() / "children");
    for (pid_t child = 0; file >> child;) children.push_back(child);
  }
  return children;
}

bool is_host(pid_t process) {
  std::error_code failed;
  const fs::path program = fs::read_symlink(directory_of(process) / "exe", failed);
  return !failed && program.filename().native().starts_with(kHost);
}

std::uint64_t private_bytes_of(pid_t process) {
  std::ifstream file(directory_of(process) / "status");
  constexpr std::string_view kName = "RssAnon:";
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(kName)) continue;
    const std::size_t begin = line.find_first_of("0123456789");
    if (begin == std::string::npos) return 0;
    std::uint64_t kib = 0;
    (void)std::from_chars(line.data() + begin, line.data() + line.size(), kib);
    return kib * kKiB;
  }
  return 0;
}

// A file in the file system, and not one that has no name any more. PHP holds the script open, and
// the rewind what /proc tells of the process.
bool is_named_file(const std::string& target) {
  if (!target.starts_with('/') || target.starts_with("/proc/") || target.ends_with(".php") ||
      target.ends_with(" (deleted)"))
    return false;
  std::error_code failed;
  return fs::is_regular_file(target, failed);
}

void add(WorkerFacts& facts, pid_t process) {
  facts.processes.insert(process);
  facts.private_bytes += private_bytes_of(process);
  std::error_code failed;
  for (auto entry = fs::directory_iterator(directory_of(process) / "fd", failed);
       !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    ++facts.descriptors;
    std::error_code gone;
    const std::string target = fs::read_symlink(entry->path(), gone).native();
    if (!gone && is_named_file(target)) facts.files.insert(target);
  }
}

}  // namespace

WorkerFacts workers_of(pid_t server) {
  WorkerFacts facts;
  for (const pid_t host : children_of(server)) {
    if (!is_host(host)) continue;
    for (const pid_t worker : children_of(host)) add(facts, worker);
  }
  return facts;
}

}  // namespace tusk::console::doctor
