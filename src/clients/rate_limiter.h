// RateLimiter: how many requests each client may make in a window of time.
//
// Owner: the app, one for all loops. Thread: the loops, under a lock that is held for a look into
// one row of the table; there is no RateLimiter at all, and so no lock, where no limit is set.
//
// A sliding window in constant memory: of each client the requests of this window and of the one
// before, of which the part counts that the sliding one still covers. The table has a fixed number
// of rows with a few places each; a client that finds its row full takes the place of the one that
// has been silent longest. So a flood of addresses can make the limiter forget, never grow; what it
// forgets first is who asks for little.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/client_key.h"
#include "base/clock.h"
#include "base/guarded.h"

namespace tusk::clients {

class RateLimiter {
 public:
  struct Settings {
    std::uint64_t requests = 1;  // at least 1
    base::Duration window = std::chrono::seconds(60);
    std::size_t rows = 8192;  // a power of two; of 8 places each
  };

  explicit RateLimiter(Settings settings);
  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

  // Counts a request. Zero: it is within the limit. Otherwise it is not counted, and the client may
  // come back after that time.
  base::Duration count(const base::ClientKey& client, base::MonotonicTime now);

 private:
  static constexpr std::size_t kPlaces = 8;

  struct Place {
    base::ClientKey client;
    std::uint64_t window = 0;  // the number of the window that `current` counts; 0: free
    std::uint32_t current = 0;
    std::uint32_t previous = 0;
  };
  using Row = std::array<Place, kPlaces>;

  Place& place_of(Row& row, const base::ClientKey& client, std::uint64_t window) const;

  const Settings settings_;
  const base::ClientKeyHash hash_{};
  base::Guarded<std::vector<Row>> rows_;
};

}  // namespace tusk::clients
