// SteadyGrowth: whether a number that is looked at after each request grows with the requests.
//
// Owner: the doctor. Thread: its worker. Knows nothing of PHP.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tusk::php::resident::doctor {

// The first requests warm up: they fill caches and load classes. Afterwards the number grows
// steadily if it has never become less in a window of requests, and has become more in half of
// them.
class SteadyGrowth {
 public:
  static constexpr int kWarmUp = 3;
  static constexpr int kWindow = 8;

  // Call it once for each request. True: it has grown steadily, from first() to last(), and the
  // next window begins.
  bool add(std::uint64_t value) noexcept;

  std::uint64_t first() const noexcept { return first_; }
  std::uint64_t last() const noexcept { return last_; }

 private:
  void begin_window(std::uint64_t value) noexcept;

  int warmed_up_ = 0;
  int steps_ = -1;  // -1: no window has begun
  int rises_ = 0;
  std::uint64_t begin_ = 0;  // of the window
  std::uint64_t first_ = 0;
  std::uint64_t last_ = 0;
};

}  // namespace tusk::php::resident::doctor
