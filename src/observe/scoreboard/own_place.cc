#include "observe/scoreboard/own_place.h"

#include <algorithm>
#include <utility>

#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "observe/log.h"

namespace tusk::observe::inline scoreboard {

namespace {

constexpr const char* kOwnInstead =
    "this process has a scoreboard of its own: its counters begin at zero, and other processes do "
    "not show what it does";

// Whether other processes see the scoreboard.
constexpr bool kIsPrivate = true;
constexpr bool kIsShared = false;

}  // namespace

std::unique_ptr<OwnPlace> OwnPlace::take(HandedPlace handed, Scoreboard::Size size) {
  if (!handed.file) return make_private(size);
  base::Result<Scoreboard> board = Scoreboard::attach(std::move(handed.file));
  if (board && handed.place < board->size().places) {
    board->close_file();
    return std::unique_ptr<OwnPlace>(new OwnPlace(std::move(*board), handed.place, kIsShared));
  }
  warn(kOwnInstead, {{"reason", board ? "there is no such place" : board.error().message}});
  return make_private(size);
}

std::unique_ptr<OwnPlace> OwnPlace::make_private(Scoreboard::Size size) {
  size.places = 1;
  base::Result<Scoreboard> board = Scoreboard::make_private(size);
  const bool has_memory = board.has_value();
  TUSK_CHECK(has_memory);
  std::unique_ptr<OwnPlace> own(new OwnPlace(std::move(*board), 0, kIsPrivate));
  ProcessFacts& facts = own->facts();
  facts.pid = ::getpid();
  facts.generation = 1;
  facts.started_ns = base::now().time_since_epoch().count();
  own->set_phase(ProcessPhase::kStarting);
  return own;
}

OwnPlace::OwnPlace(Scoreboard board, std::size_t place, bool is_private)
    : board_(std::move(board)), place_(place), is_private_(is_private) {}

MetricsShard& OwnPlace::add_shard() {
  const base::MutexLock lock(mutex_);
  const std::span<MetricsShard> all = board_.shards(place_);
  if (shards_ == all.size()) {
    warn_once();
    return *extra_shards_.emplace_back(std::make_unique<MetricsShard>());
  }
  MetricsShard& shard = all[shards_++];
  // An earlier process may have used more.
  const auto used = static_cast<std::uint32_t>(shards_);
  if (facts().shards.load(std::memory_order_relaxed) < used) {
    facts().shards.store(used, std::memory_order_release);
  }
  return shard;
}

WorkerSlot& OwnPlace::add_worker(int worker, std::string_view pool) {
  const base::MutexLock lock(mutex_);
  const std::span<WorkerSlot> all = board_.workers(place_);
  const std::uint32_t used = facts().workers.load(std::memory_order_relaxed);
  if (used >= all.size()) {
    warn_once();
    WorkerSlot& extra = *extra_workers_.emplace_back(std::make_unique<WorkerSlot>());
    extra.assign(worker, pool);
    return extra;
  }
  all[used].assign(worker, pool);
  facts().workers.store(used + 1, std::memory_order_release);
  return all[used];
}

LoopSlot& OwnPlace::add_loop(const MetricsShard& shard) {
  const base::MutexLock lock(mutex_);
  const std::span<LoopSlot> all = board_.loops(place_);
  const std::uint32_t used = facts().loops.load(std::memory_order_relaxed);
  if (used >= all.size()) return *extra_loops_.emplace_back(std::make_unique<LoopSlot>());
  const MetricsShard* const first = board_.shards(place_).data();
  const bool is_extra = &shard < first || &shard >= first + board_.shards(place_).size();
  all[used].assign(is_extra ? LoopSlot::kNoShard : static_cast<std::uint32_t>(&shard - first));
  facts().loops.store(used + 1, std::memory_order_release);
  return all[used];
}

void OwnPlace::set_phase(ProcessPhase phase) {
  if (is_private_) facts().phase.store(phase, std::memory_order_relaxed);
}

void OwnPlace::warn_once() {
  if (std::exchange(warned_, true)) return;
  warn(
      "the scoreboard has no room for all workers of this process: it was made for fewer when tusk "
      "started",
      {{"room", board_.size().workers}});
}

}  // namespace tusk::observe::inline scoreboard
