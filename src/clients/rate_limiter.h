// RateLimiter: limits the requests of each client within a window of time.
//
// Owner: app::Serving, two for all loops: requests and handshakes. Thread: the loops, under a lock
// that is held for a lookup in one row of the table; change() main's.
#pragma once

#include <array>
#include <atomic>
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
    std::uint64_t requests = 1;  // 0: no limit
    base::Duration window = std::chrono::seconds(60);
    std::size_t rows = 8192;  // a power of two; each has 8 places

    bool operator==(const Settings&) const = default;
  };

  explicit RateLimiter(Settings settings);
  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

  // Counts a request. Returns 0 if it is within the limit. Otherwise the request is not counted,
  // and the result is the time after which the client may try again.
  base::Duration count(const base::ClientKey& client, base::MonotonicTime now);

  // Whether there is a limit. Ask it before a client's key is made.
  bool is_on() const { return is_on_.load(std::memory_order_relaxed); }

  // Sets another limit. The counts stay, so that a client does not begin anew; only another window,
  // or none, forgets them.
  void change(const Settings& settings);

 private:
  static constexpr std::size_t kPlaces = 8;

  struct Place {
    base::ClientKey client;
    std::uint64_t window = 0;  // number of the window that `current` is for; 0: free
    std::uint32_t current = 0;
    std::uint32_t previous = 0;
  };
  using Row = std::array<Place, kPlaces>;

  struct Table {
    Settings settings;
    std::vector<Row> rows;  // empty: there is no limit
  };

  static Place& place_of(Row& row, const base::ClientKey& client, std::uint64_t window);

  const base::ClientKeyHash hash_{};
  std::atomic<bool> is_on_{false};  // the same as rows that are not empty, for a look without lock
  base::Guarded<Table> table_;
};

}  // namespace tusk::clients
