// Scoreboard: what each worker of each server process does, and what has been counted, in memory
// that the supervisor and all server processes share.
//
// The supervisor makes it, as a file without a name (memfd), and every server process inherits it.
// A process has a place in it. A place keeps its counters when its process has ended, and the next
// process with that place goes on counting, so that counters never go backwards. Pages that nobody
// has written take no memory.
//
// A server process without a supervisor, or without a place, makes a scoreboard for itself.
//
// Every process may write everywhere, a broken one too. So whoever reads bounds each number that
// leads to another address: this class does so for all positions in the memory.
//
// Owner: the supervisor's main, or Metrics. Thread: any.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"
#include "observe/scoreboard/loop_slot.h"
#include "observe/scoreboard/metrics_shard.h"
#include "observe/scoreboard/process_facts.h"
#include "observe/scoreboard/recent_events.h"
#include "observe/scoreboard/worker_slot.h"

namespace tusk::observe::inline scoreboard {

// The variables that hand the scoreboard to a server process: a descriptor's number, and the place.
inline constexpr const char* kScoreboardVariable = "TUSK_SCOREBOARD_FD";
inline constexpr const char* kPlaceVariable = "TUSK_PLACE";

class Scoreboard {
 public:
  // The number of places, and what each place has room for.
  struct Size {
    std::uint32_t places = 1;
    std::uint32_t workers = 256;
    std::uint32_t loops = 64;

    // One for each worker and loop, and for the threads beside them.
    std::uint32_t shards() const { return workers + loops + 16; }
  };

  // Figures of tusk as a whole, which the supervisor writes.
  struct Totals {
    std::atomic<std::uint64_t> generation{1};
    std::atomic<std::uint64_t> started_ms{0};    // since 1970; 0: there is no supervisor
    std::atomic<std::uint64_t> ended_cpu_ns{0};  // of the processes that have ended
    // Odd while the supervisor moves the values of a process that has ended.
    std::atomic<std::uint32_t> changes{0};
    MetricsShard counters;
  };

  // To be inherited by other processes.
  static base::Result<Scoreboard> make_shared(Size size);
  // One that another process has made. An error if that was a tusk with another layout. A child
  // that a script forks gets a copy, and so does not count for the server.
  static base::Result<Scoreboard> attach(base::UniqueFd file);
  // For this process alone.
  static base::Result<Scoreboard> make_private(Size size);

  Scoreboard(Scoreboard&& other) noexcept
      : file_(std::move(other.file_)),
        memory_(std::exchange(other.memory_, nullptr)),
        size_(other.size_) {}
  Scoreboard& operator=(Scoreboard&&) = delete;
  ~Scoreboard();

  // The file that other processes inherit; -1: there is none, or it was closed.
  int fd() const { return file_.get(); }
  // The memory stays. For a server process: scripts must not find the descriptor.
  void close_file() { file_ = {}; }
  const Size& size() const { return size_; }

  Totals& totals() const;
  // The latest events of all processes.
  RecentEvents& events() const;
  // `place` is below size().places.
  ProcessFacts& facts(std::size_t place) const;
  // All there is room for. Reading what is not in use would take memory.
  std::span<WorkerSlot> workers(std::size_t place) const;
  std::span<LoopSlot> loops(std::size_t place) const;
  std::span<MetricsShard> shards(std::size_t place) const;
  // The part that the process says it uses, as far as the scoreboard has room for it.
  std::span<WorkerSlot> used_workers(std::size_t place) const;
  std::span<LoopSlot> used_loops(std::size_t place) const;
  std::span<MetricsShard> used_shards(std::size_t place) const;

  // The process of a place has ended: keeps its counters, and clears all else.
  void clear(std::size_t place) const;

 private:
  struct Head;
  static const std::size_t kEventsAt;
  Scoreboard(base::UniqueFd file, std::byte* memory, Size size)
      : file_(std::move(file)), memory_(memory), size_(size) {}
  static std::size_t bytes_of(const Size& size);
  static std::size_t bytes_before_places(const Size& size);
  static std::size_t bytes_of_place(const Size& size);
  void write_head() const;
  std::byte* body(std::size_t place) const;

  base::UniqueFd file_;
  std::byte* memory_;
  Size size_;  // not read from the memory again
};

}  // namespace tusk::observe::inline scoreboard
