// RateLimiter: limits the requests of each client within a window of time.
//
// Owner: the app, one for all loops; none exists if no limit is set. Thread: the loops, under a
// lock that is held for a lookup in one row of the table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/client_key.h"
#include "base/clock.h"
#include "base/guarded.h"

namespace tusk::clients {

// A sliding window in constant memory: it counts each client's requests in the current and in the
// previous fixed window, and weights the latter by the part that the sliding window still covers.
// The table has a fixed number of rows with a few places each. A client that finds its row full
// replaces the one that has been silent longest. So a flood of addresses can make the limiter
// forget, but not grow, and it first forgets clients that send little.
class RateLimiter {
 public:
  struct Settings {
    std::uint64_t requests = 1;  // at least 1
    base::Duration window = std::chrono::seconds(60);
    std::size_t rows = 8192;  // a power of two; each has 8 places
  };

  explicit RateLimiter(Settings settings);
  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

  // Counts a request. Returns 0 if it is within the limit. Otherwise the request is not counted,
  // and the result is the time after which the client may try again.
  base::Duration count(const base::ClientKey& client, base::MonotonicTime now);

 private:
  static constexpr std::size_t kPlaces = 8;

  struct Place {
    base::ClientKey client;
    std::uint64_t window = 0;  // number of the window that `current` is for; 0: free
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
