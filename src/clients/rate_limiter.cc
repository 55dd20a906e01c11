#include "clients/rate_limiter.h"

#include <algorithm>
#include <limits>

namespace tusk::clients {

RateLimiter::RateLimiter(Settings settings) { change(settings); }

void RateLimiter::change(const Settings& settings) {
  const bool is_on = settings.requests != 0;
  const auto table = table_.lock();
  const bool keeps =
      is_on && table->settings.window == settings.window && table->rows.size() == settings.rows;
  if (!keeps) table->rows = std::vector<Row>(is_on ? settings.rows : 0);
  table->settings = settings;
  is_on_.store(is_on, std::memory_order_relaxed);
}

RateLimiter::Place& RateLimiter::place_of(Row& row, const base::ClientKey& client,
                                          std::uint64_t window) {
  Place* oldest = row.data();
  for (Place& place : row) {
    if (place.window != 0 && place.client == client) return place;
    const bool older = place.window != oldest->window ? place.window < oldest->window
                                                      : place.current < oldest->current;
    if (older) oldest = &place;
  }
  *oldest = {.client = client, .window = window, .current = 0, .previous = 0};
  return *oldest;
}

base::Duration RateLimiter::count(const base::ClientKey& client, base::MonotonicTime now) {
  if (!is_on()) return base::Duration::zero();
  const auto table = table_.lock();
  if (table->rows.empty()) return base::Duration::zero();
  const auto since_start = static_cast<std::uint64_t>(now.time_since_epoch().count());
  const auto length = static_cast<std::uint64_t>(table->settings.window.count());
  const std::uint64_t window = since_start / length + 1;
  const std::uint64_t into = since_start % length;

  Place& place = place_of(table->rows[hash_(client) & (table->rows.size() - 1)], client, window);
  if (place.window != window) {
    place.previous = place.window + 1 == window ? place.current : 0;
    place.current = 0;
    place.window = window;
  }
  // The part of the previous window that the sliding window covers.
  const double covered = 1.0 - static_cast<double>(into) / static_cast<double>(length);
  const double used = place.current + place.previous * covered;
  const auto limit = static_cast<double>(table->settings.requests);
  if (used + 1.0 <= limit) {
    place.current = std::min(place.current, std::numeric_limits<std::uint32_t>::max() - 1) + 1;
    return base::Duration::zero();
  }
  // Wait until enough of the previous window has passed; if this window alone is full, wait into
  // the next one, for which this one is the previous.
  const bool full = place.current + 1.0 > limit;
  const double counted = full ? place.current : place.previous;
  const double surplus = full ? place.current + 1.0 - limit : used + 1.0 - limit;
  const double wait = (full ? static_cast<double>(length - into) : 0.0) +
                      surplus / counted * static_cast<double>(length);
  return std::max(base::Duration(static_cast<std::int64_t>(wait)), base::Duration(1));
}

}  // namespace tusk::clients
