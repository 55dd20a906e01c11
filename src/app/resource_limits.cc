#include "app/resource_limits.h"

#include <algorithm>

#include <fmt/format.h>
#include <sys/resource.h>

#include "app/serving_pools.h"
#include "exec/process/region.h"

namespace tusk::app {

namespace {

// Measured: 11 besides the loops, and 8 for a loop with one address and the internal server.
constexpr std::uint64_t kForProcess = 16;
constexpr std::uint64_t kForLoop = 6;
constexpr std::uint64_t kForWorker = 1;  // the script's file
// A worker process has a region, its directory in /proc and two files of it, and the sockets of its
// slots, and their other ends until its host has them.
constexpr std::uint64_t kForWorkerProcess = 4 + exec::process::kSlots;
constexpr std::uint64_t kForBell = 2;  // with which the workers of a pool wake a loop
constexpr std::uint64_t kForFork = exec::process::kSlots;
constexpr std::uint64_t kClients = 16;

// Enough for applications: databases, sessions, includes, and a few more clients.
constexpr std::uint64_t kWantedForWorker = 16;
constexpr std::uint64_t kWantedClients = 64;

std::uint64_t workers_of(const plan::Plan& plan) { return plan.process.workers(); }

// With pools of both kinds, each worker counts as the more expensive one.
std::uint64_t for_worker(const plan::Plan& plan) {
  return plan.process.has_processes() ? kForWorkerProcess : kForWorker;
}

std::uint64_t largest_body_bytes(const plan::Plan& plan) {
  std::uint64_t largest = 0;
  for (const plan::ListenerPlan& listener : plan.listeners) {
    largest = std::max(largest, listener.limits.body_bytes);
  }
  return largest;
}

}  // namespace

std::uint64_t DescriptorNeeds::total() const {
  return std::max(own + workers + clients, (own + clients) * 4 / 3 + 1);
}

DescriptorNeeds descriptor_needs(const plan::Plan& plan) {
  const std::uint64_t addresses = plan.listeners.size() + (plan.process.internal_address ? 1 : 0);
  const std::uint64_t bells =
      kForBell *
      static_cast<std::uint64_t>(std::ranges::count_if(
          plan.process.pools, [](const plan::PoolPlan& pool) { return !pool.php_host.empty(); }));
  return {.own = kForProcess + plan.process.io_threads * (kForLoop + addresses + bells),
          .workers =
              workers_of(plan) * for_worker(plan) + (plan.process.has_processes() ? kForFork : 0),
          .clients = kClients};
}

std::uint64_t most_held_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024 / 8;
  return limit.rlim_max / 8;
}

files::ContentUsage::Limits content_limits(const plan::Plan& plan) {
  const files::FileCache::Limits& cache = plan.process.file_cache;
  return {.cached = {.descriptors = cache.descriptors, .bytes = cache.memory_bytes},
          .held = {.descriptors = most_held_files(), .bytes = std::uint64_t{64} * 1024 * 1024}};
}

// One client may have as large a part of the files as of the space.
void limit_files(http::BodySpool& spool) {
  constexpr std::uint64_t kLeast = 32;
  spool.total_files = most_held_files();
  const double part = static_cast<double>(spool.client_disk_bytes) /
                      static_cast<double>(std::max<std::uint64_t>(spool.total_disk_bytes, 1));
  const double files = std::min(part, 1.0) * static_cast<double>(spool.total_files);
  spool.client_files = std::max(static_cast<std::uint64_t>(files), kLeast);
}

base::Result<std::vector<std::string>> check_resource_limits(const plan::Plan& plan) {
  std::vector<std::string> warnings;
  rlimit limit{};
  const DescriptorNeeds needs = descriptor_needs(plan);
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max != RLIM_INFINITY) {
    const std::string how = fmt::format(
        "{} of its own (with {} I/O threads), {} for each of {} workers, {} for clients, a quarter "
        "of reserve",
        needs.own, plan.process.io_threads, for_worker(plan), workers_of(plan), needs.clients);
    if (limit.rlim_max < needs.total()) {
      return base::fail(
          fmt::format("only {} descriptors may be open (RLIMIT_NOFILE, LimitNOFILE=): the server "
                      "needs {}: {}",
                      limit.rlim_max, needs.total(), how));
    }
    const std::uint64_t wanted = needs.own + workers_of(plan) * kWantedForWorker + kWantedClients;
    if (limit.rlim_max < wanted) {
      warnings.push_back(fmt::format(
          "only {} descriptors may be open (RLIMIT_NOFILE, LimitNOFILE=): scripts may find none "
          "left, and few clients are served at a time; {} is a better number for {} workers",
          limit.rlim_max, wanted, workers_of(plan)));
    }
  }
  const std::uint64_t region_bytes =
      plan.process.has_processes() ? region_layout(plan).total_bytes() : 0;
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < region_bytes) {
    return base::fail(fmt::format(
        "no file may have more than {} bytes (RLIMIT_FSIZE, LimitFSIZE=): the memory that the "
        "server shares with each worker process has {}",
        limit.rlim_cur, region_bytes));
  }
  const std::uint64_t body_bytes = largest_body_bytes(plan);
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
      limit.rlim_cur < body_bytes) {
    warnings.push_back(fmt::format(
        "no file may have more than {} bytes (RLIMIT_FSIZE, LimitFSIZE=): request_body_bytes is "
        "{}, but larger bodies are answered 413, and logs end there",
        limit.rlim_cur, body_bytes));
  }
  return warnings;
}

}  // namespace tusk::app
