#include "app/resource_limits.h"

#include <algorithm>

#include <fmt/format.h>
#include <sys/resource.h>

namespace tusk::app {

namespace {

// Measured: 11 beside the loops, and 8 a loop with one address and the internal server's.
constexpr std::uint64_t kOfTheProcess = 16;
constexpr std::uint64_t kOfALoop = 6;
constexpr std::uint64_t kOfAWorker = 1;  // the script's file
constexpr std::uint64_t kClients = 16;

// What lets applications work: databases, sessions, includes, and a few clients more.
constexpr std::uint64_t kWantedOfAWorker = 16;
constexpr std::uint64_t kWantedClients = 64;

}  // namespace

std::uint64_t DescriptorNeeds::total() const {
  return std::max(own + workers + clients, (own + clients) * 4 / 3 + 1);
}

DescriptorNeeds descriptor_needs(const config::Settings& settings) {
  const std::uint64_t addresses = settings.listen.size() + (settings.internal_addr ? 1 : 0);
  return {.own = kOfTheProcess + settings.io_threads * (kOfALoop + addresses),
          .workers = settings.php_workers * kOfAWorker,
          .clients = kClients};
}

base::Result<std::vector<std::string>> check_resource_limits(const config::Settings& settings) {
  std::vector<std::string> warnings;
  rlimit limit{};
  const DescriptorNeeds needs = descriptor_needs(settings);
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max != RLIM_INFINITY) {
    const std::string how = fmt::format(
        "{} of its own (with {} I/O threads), {} for each of {} workers, {} for clients, a quarter "
        "of reserve",
        needs.own, settings.io_threads, kOfAWorker, settings.php_workers, needs.clients);
    if (limit.rlim_max < needs.total()) {
      return base::fail(
          fmt::format("only {} descriptors may be open (RLIMIT_NOFILE, LimitNOFILE=): the server "
                      "needs {}: {}",
                      limit.rlim_max, needs.total(), how));
    }
    const std::uint64_t wanted =
        needs.own + settings.php_workers * kWantedOfAWorker + kWantedClients;
    if (limit.rlim_max < wanted) {
      warnings.push_back(fmt::format(
          "only {} descriptors may be open (RLIMIT_NOFILE, LimitNOFILE=): scripts may find none "
          "left, and few clients are served at a time; {} is a better number for {} workers",
          limit.rlim_max, wanted, settings.php_workers));
    }
  }
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
      limit.rlim_cur < settings.request_body_bytes) {
    warnings.push_back(fmt::format(
        "no file may have more than {} bytes (RLIMIT_FSIZE, LimitFSIZE=): request_body_bytes is "
        "{}, but larger bodies are answered 413, and logs end there",
        limit.rlim_cur, settings.request_body_bytes));
  }
  return warnings;
}

}  // namespace tusk::app
