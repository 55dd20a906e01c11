// OwnPlace: the place of this server process in the scoreboard, where its threads get their slots
// and shards.
//
// Owner: Metrics. Thread: any; set_phase() main.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/unique_fd.h"
#include "observe/scoreboard/scoreboard.h"

namespace tusk::observe::inline scoreboard {

// The place that the supervisor has handed to this process.
struct HandedPlace {
  base::UniqueFd file;  // not open: nothing was handed over
  std::size_t place = 0;
};

class OwnPlace {
 public:
  // Without a place, or if the scoreboard is that of another version of tusk, the process makes a
  // scoreboard for itself, in which there is room for `size`. The file is closed.
  static std::unique_ptr<OwnPlace> take(HandedPlace handed, Scoreboard::Size size);
  static std::unique_ptr<OwnPlace> make_private(Scoreboard::Size size = {});

  OwnPlace(const OwnPlace&) = delete;
  OwnPlace& operator=(const OwnPlace&) = delete;

  const Scoreboard& board() const { return board_; }
  std::size_t number() const { return place_; }
  ProcessFacts& facts() const { return board_.facts(place_); }

  // Each lives as long as this object. Where the place has no room for another one, it is made in
  // memory of this process, and no other process sees it.
  MetricsShard& add_shard();
  WorkerSlot& add_worker(int worker, std::string_view pool = "default");
  // `shard` is the one that the loop counts on.
  LoopSlot& add_loop(const MetricsShard& shard);

  // How many shards threads of this process have in the scoreboard.
  std::size_t shards() const {
    const base::MutexLock lock(mutex_);
    return shards_;
  }

  // Does nothing if there is a supervisor, which says it.
  void set_phase(ProcessPhase phase);

  // Calls `look` with each shard that this process alone sees.
  template <class Look>
  void visit_extra_shards(Look look) const {
    const base::MutexLock lock(mutex_);
    for (const auto& shard : extra_shards_) look(*shard);
  }

 private:
  OwnPlace(Scoreboard board, std::size_t place, bool is_private);
  void warn_once() TUSK_REQUIRES(mutex_);

  const Scoreboard board_;
  const std::size_t place_;
  const bool is_private_;
  mutable base::Mutex mutex_;
  std::size_t shards_ TUSK_GUARDED_BY(mutex_) = 0;  // given to threads of this process
  bool warned_ TUSK_GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<MetricsShard>> extra_shards_ TUSK_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<WorkerSlot>> extra_workers_ TUSK_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<LoopSlot>> extra_loops_ TUSK_GUARDED_BY(mutex_);
};

}  // namespace tusk::observe::inline scoreboard
