#include "config/machine.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <thread>

#include <sched.h>
#include <sys/resource.h>

#include "config/option_table.h"

namespace tusk::config {
namespace {

constexpr std::uint64_t kQueuePerWorker = 100;
constexpr std::uint64_t kMinConnections = 16;

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// This process's directory in the cgroup v2 tree, "/" if unknown.
std::string cgroup_directory() {
  std::ifstream file("/proc/self/cgroup");
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("0::/")) return line.substr(3);
  }
  return "/";
}

// The tightest limit from this process's cgroup up to the root; 0: none.
std::uint64_t cgroup_cores() {
  std::uint64_t tightest = 0;
  std::string directory = cgroup_directory();
  while (true) {
    const std::string path = "/sys/fs/cgroup" + directory + "/cpu.max";
    const std::uint64_t cores = cores_of_cpu_max(first_line(path));
    if (cores != 0) tightest = tightest == 0 ? cores : std::min(tightest, cores);
    if (directory.size() <= 1) return tightest;
    const std::size_t slash = directory.rfind('/');
    directory.resize(slash == std::string::npos ? 0 : slash);
  }
}

std::uint64_t affinity_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof(set), &set) == 0)
    return static_cast<std::uint64_t>(CPU_COUNT(&set));
  return std::thread::hardware_concurrency();  // more than 1024 processors
}

}  // namespace

Machine detect_machine() {
  Machine machine;
  machine.cpu_cores = std::max<std::uint64_t>(1, affinity_cores());
  if (const std::uint64_t granted = cgroup_cores(); granted != 0)
    machine.cpu_cores = std::min(machine.cpu_cores, granted);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) machine.open_files = limit.rlim_max;
  return machine;
}

std::uint64_t cores_of_cpu_max(std::string_view cpu_max) {
  const std::size_t blank = cpu_max.find(' ');
  if (blank == std::string_view::npos) return 0;
  std::uint64_t quota = 0;
  std::uint64_t period = 0;
  const char* end = cpu_max.data() + cpu_max.size();
  const bool limited = std::from_chars(cpu_max.data(), end, quota).ec == std::errc() &&
                       std::from_chars(cpu_max.data() + blank + 1, end, period).ec == std::errc() &&
                       period != 0;
  return limited ? (quota + period - 1) / period : 0;
}

std::uint64_t automatic_workers(const Machine& machine) {
  return std::clamp<std::uint64_t>(machine.cpu_cores, 1, option_named("php_workers").max);
}

std::uint64_t automatic_queue_capacity(std::uint64_t workers) { return workers * kQueuePerWorker; }

// Half, because a connection can hold a second descriptor: the file that it sends, the spool of its
// response, or the body of its request.
std::uint64_t automatic_max_connections(const Machine& machine) {
  return std::clamp(machine.open_files / 2, kMinConnections, option_named("max_connections").max);
}

std::uint64_t automatic_file_descriptors(const Machine& machine) {
  return std::clamp<std::uint64_t>(machine.open_files / 8, 1, 1024);
}

// A single client must not take all connections.
std::uint64_t automatic_connections_per_client(std::uint64_t max_connections) {
  return std::max<std::uint64_t>(max_connections / 4, 1);
}

// A client must not use up all workers that may be lost, including those that it occupies when it
// reaches the limit. At least 2, so that one accident does not shut out everybody behind an
// address.
std::uint64_t automatic_lost_workers_per_client(std::uint64_t max_lost_workers) {
  return std::max<std::uint64_t>((max_lost_workers + 1) / 2, 2);
}

std::uint64_t automatic_io_threads(const Machine& machine) {
  return std::clamp<std::uint64_t>(machine.cpu_cores / 4, 1, option_named("io_threads").max);
}

}  // namespace tusk::config
