#include "observe/scoreboard/opcache_use.h"

namespace tusk::observe::inline scoreboard {

namespace {

// The figures from `first` to `last` belong together, and `room` of `total` is not taken.
struct Resource {
  OpcacheFigure first;
  OpcacheFigure last;
  double fullness;  // 0: there is no such resource
};

double share(std::uint64_t taken, std::uint64_t room) {
  const double total = static_cast<double>(taken) + static_cast<double>(room);
  // An empty OPcache has a share above that of none.
  return total > 0 ? (static_cast<double>(taken) + 1) / (total + 1) : 0;
}

std::array<Resource, 4> resources_of(const OpcacheUse& use) {
  using enum OpcacheFigure;
  const std::uint64_t keys = use[kKeys];
  const std::uint64_t max_keys = use[kMaxKeys];
  return {
      {{kMemoryUsed, kMemoryWasted, share(use[kMemoryUsed] + use[kMemoryWasted], use[kMemoryFree])},
       {kStringsUsed, kStringsFree, share(use[kStringsUsed], use[kStringsFree])},
       {kScripts, kMaxKeys, share(keys, max_keys > keys ? max_keys - keys : 0)},
       {kJitUsed, kJitFree, share(use[kJitUsed], use[kJitFree])}}};
}

}  // namespace

void OpcacheUse::take_fullest(const OpcacheUse& other) {
  const std::array<Resource, 4> own = resources_of(*this);
  const std::array<Resource, 4> theirs = resources_of(other);
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (theirs[i].fullness <= own[i].fullness) continue;
    const auto last = static_cast<std::size_t>(own[i].last);
    for (auto figure = static_cast<std::size_t>(own[i].first); figure <= last; ++figure) {
      values_[figure] = other.values_[figure];
    }
  }
}

void OpcacheState::add(const OpcacheState& other) {
  for (std::size_t i = 0; i < restarts.size(); ++i) restarts[i] += other.restarts[i];
  restarts_put_off += other.restarts_put_off;
  hits += other.hits;
  misses += other.misses;
  restart_pending = restart_pending || other.restart_pending;
  use.take_fullest(other.use);
}

}  // namespace tusk::observe::inline scoreboard
