#include "config/machine/machine.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include <sched.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>

#include "config/machine/control_group.h"
#include "config/option_table.h"

namespace tusk::config::machine {
namespace {

constexpr std::uint64_t kQueuePerWorker = 100;
constexpr std::uint64_t kMinConnections = 16;
// What the server and OPcache need, and what a script of a usual application needs. Only where
// memory is short do they count: memory_limit is a bound for a single script, which few reach.
constexpr std::uint64_t kServerMemory = std::uint64_t{128} << 20;
constexpr std::uint64_t kWorkerMemory = std::uint64_t{64} << 20;

std::string text_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
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
  const GroupLimits group =
      group_limits("/sys/fs/cgroup", group_directory(text_of("/proc/self/cgroup")));
  Machine machine;
  machine.cpu_cores = std::max<std::uint64_t>(1, affinity_cores());
  if (group.cores != 0) machine.cpu_cores = std::min(machine.cpu_cores, group.cores);
  struct sysinfo system{};
  if (::sysinfo(&system) == 0)
    machine.memory_bytes = std::uint64_t{system.totalram} * system.mem_unit;
  if (group.memory_bytes != 0 &&
      (machine.memory_bytes == 0 || group.memory_bytes < machine.memory_bytes))
    machine.memory_bytes = group.memory_bytes;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) machine.open_files = limit.rlim_max;
  return machine;
}

std::uint64_t automatic_workers(const Machine& machine) {
  std::uint64_t workers = machine.cpu_cores;
  if (machine.memory_bytes != 0) {
    const std::uint64_t left = machine.memory_bytes - std::min(machine.memory_bytes, kServerMemory);
    workers = std::min(workers, left / kWorkerMemory);
  }
  return std::clamp<std::uint64_t>(workers, 1, option_named("php_workers").max);
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

}  // namespace tusk::config::machine
