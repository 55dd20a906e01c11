// What the operating system's limits of the process (setrlimit(2), systemd's Limit*=) must leave
// room for.
//
// Thread: main, before others start.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/plan/plan.h"
#include "base/result.h"

namespace tusk::app {

// Fails where the server could not serve at all, with the number that it needs. Else what works,
// but less well than the settings promise, one sentence each.
base::Result<std::vector<std::string>> check_resource_limits(const plan::Plan& plan);

// The least number of descriptors to serve with, and how it comes about.
struct DescriptorNeeds {
  std::uint64_t own = 0;  // listening sockets, loops, logs, roots, what PHP and OPcache keep open
  std::uint64_t workers = 0;
  std::uint64_t clients = 0;

  // Accepting pauses where a quarter is left (server/accepting.cc).
  std::uint64_t total() const;
};
DescriptorNeeds descriptor_needs(const plan::Plan& plan);

}  // namespace tusk::app
