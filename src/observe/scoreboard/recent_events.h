// RecentEvents: the last events of all processes, in memory that they share.
//
// Each group of events has a ring of records; the newest event takes the place of the oldest. The
// supervisor and all threads of all server processes write without a lock: a writer takes a number
// and writes the record with that number. If a writer is so slow that others go around the ring
// meanwhile, or is killed while it writes, the texts of that record may be mixed or the record
// missing.
//
// It lies in memory that processes share (scoreboard.h): it has no pointers, and all zero bytes are
// an empty one. Readers bound each number that they take from it.
//
// Owner: the Scoreboard. Thread: any.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "observe/scoreboard/event.h"

namespace tusk::observe::inline scoreboard {

class RecentEvents {
 public:
  static constexpr std::size_t kKeptOfGroup = 64;

  void add(const Event& event, std::int64_t time_ms) noexcept;

  // Changes with each event.
  std::uint64_t last_number() const noexcept { return last_.load(std::memory_order_acquire); }
  // Those with numbers above `after`, in the order of their numbers.
  std::vector<EventView> read(std::uint64_t after = 0) const;

 private:
  static constexpr std::size_t kTexts = 6;
  static constexpr std::array<std::uint16_t, kTexts> kMostBytes = {64, 16, 104, 256, 200, 320};
  static constexpr std::size_t kTextBytes = 960;

  // Everything is a word of 64 bits.
  enum Word : std::size_t {
    kNumber,
    kTime,
    kKindAndPid,
    kStatus,
    kDuration,
    kTimes,
    kLengths,  // of the texts, 16 bits each
    kText = kLengths + 2,
    kWords = kText + kTextBytes / 8,
  };
  using Words = std::array<std::uint64_t, kWords>;

  struct Record {
    std::atomic<std::uint64_t> sequence{0};  // odd while the words are written
    std::array<std::atomic<std::uint64_t>, kWords> words{};

    bool copy(Words& copied) const noexcept;
  };
  struct Ring {
    std::atomic<std::uint64_t> next{0};
    std::array<Record, kKeptOfGroup> records{};
  };

  static Words words_of(const Event& event, std::int64_t time_ms) noexcept;
  static bool view_of(const Words& words, EventView& view);

  std::atomic<std::uint64_t> last_{0};
  std::array<Ring, kEventGroups> rings_{};
};

}  // namespace tusk::observe::inline scoreboard
