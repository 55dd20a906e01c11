#include "observe/metrics.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "observe/log.h"

namespace tusk::observe {

// kInfo closes the list (metrics_list.h).
static_assert(kMetrics[std::size(kMetrics) - 1].id == Metric::kInfo);
static_assert(std::ranges::is_sorted(kBucketBounds_ns));
static_assert(std::ranges::is_sorted(kMemoryBounds_bytes));

namespace {

// A broken process may have written that all places use all shards that there is room for. Reading
// them would take long, and memory for pages that nobody has used.
constexpr std::size_t kLeastShardsRead = 4096;

std::size_t most_shards(const OwnPlace& own) {
  return std::max<std::size_t>(kLeastShardsRead, own.board().size().places * own.shards());
}

void add(const MetricsShard& shard, Snapshot& sum) {
  for (std::size_t i = 0; i < kSlots; ++i) sum.slots[i] += shard.slot(i);
  for (std::size_t h = 0; h < kHistograms; ++h) {
    HistogramSnapshot& to = sum.histograms[h];
    for (std::size_t b = 0; b < to.counts.size(); ++b) to.counts[b] += shard.bucket(h, b);
    to.sum += shard.sum(h);
  }
}

std::uint64_t value(const std::atomic<std::uint64_t>& of) {
  return of.load(std::memory_order_relaxed);
}

// The first certificate that expires, of all processes. 0: none.
void take_first(std::int64_t& first, std::int64_t expiry) {
  if (expiry != 0 && (first == 0 || expiry < first)) first = expiry;
}

OpcacheUse opcache_of(const PublishedGauges& from) {
  OpcacheUse::Values values{};
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = value(from.opcache[i]);
  return OpcacheUse(values);
}

void add(const ProcessFacts& facts, Gauges& sum) {
  const PublishedGauges& from = facts.gauges;
  for (std::size_t i = 0; i < sum.bodies_held.size(); ++i) {
    sum.bodies_held[i] += value(from.bodies_held[i]);
  }
  sum.queue_depth += value(from.queue_depth);
  sum.queue_capacity += value(from.queue_capacity);
  sum.queue_stalled_seconds =
      std::max(sum.queue_stalled_seconds, value(from.queue_stalled_seconds));
  take_first(sum.tls_expiry, from.tls_expiry.load(std::memory_order_relaxed));
  if (value(from.opcache_restart_pending) != 0) sum.opcache.restart_pending = true;
  for (std::size_t i = 0; i < sum.workers.size(); ++i) sum.workers[i] += value(from.workers[i]);
  const auto phase = static_cast<std::size_t>(facts.phase.load(std::memory_order_relaxed));
  if (phase >= 1 && phase <= sum.processes.size()) ++sum.processes[phase - 1];
}

void add_processes(const Scoreboard& board, Snapshot& sum) {
  const Scoreboard::Totals& totals = board.totals();
  sum.process.cpu_seconds += static_cast<double>(value(totals.ended_cpu_ns)) / 1e9;
  OpcacheUse others;  // of processes that start or drain
  bool any_serves = false;
  std::vector<pid_t> seen;  // a broken process may have written the same number everywhere
  sum.process.max_fds = descriptor_limit();
  const std::uint64_t started_ms = value(totals.started_ms);
  sum.process.start_time_seconds =
      started_ms != 0 ? static_cast<double>(started_ms) / 1e3 : own_start_time();
  for (std::size_t place = 0; place < board.size().places; ++place) {
    const ProcessFacts& facts = board.facts(place);
    const pid_t pid = facts.pid.load(std::memory_order_relaxed);
    if (pid <= 0) continue;
    add(facts, sum.gauges);
    const bool serves = facts.phase.load(std::memory_order_relaxed) == ProcessPhase::kServing;
    any_serves = any_serves || serves;
    (serves ? sum.gauges.opcache.use : others).take_fullest(opcache_of(facts.gauges));
    if (std::ranges::find(seen, pid) != seen.end()) continue;
    seen.push_back(pid);
    const ProcessUse use = read_process_use(pid);
    sum.process.cpu_seconds += use.cpu_seconds;
    sum.process.resident_memory_bytes += use.resident_memory_bytes;
    sum.process.open_fds += use.open_fds;
  }
  if (!any_serves) sum.gauges.opcache.use = others;
}

PoolFigures& pool_named(std::vector<PoolFigures>& pools, const std::string& name) {
  const auto found = std::ranges::find(pools, name, &PoolFigures::name);
  return found != pools.end() ? *found : pools.emplace_back(PoolFigures{.name = name});
}

void add_pools(const ProcessFacts& facts, std::vector<PoolFigures>& sum) {
  for (const PublishedPool& pool : facts.pools) {
    if (pool.is_free()) return;
    pool.add_to(pool_named(sum, pool.name()));
  }
}

void add_board(const Scoreboard& board, std::size_t most_shards, Snapshot& sum) {
  for (std::size_t place = 0; place < board.size().places; ++place) {
    add_pools(board.facts(place), sum.gauges.pools);
    std::span<const MetricsShard> shards = board.used_shards(place);
    shards = shards.first(std::min(shards.size(), most_shards));
    most_shards -= shards.size();
    for (const MetricsShard& shard : shards) add(shard, sum);
  }
  std::uint64_t of_pools_ns = 0;
  for (const PoolFigures& pool : sum.gauges.pools) of_pools_ns += pool.counts[kPoolProcessCpu];
  sum.process.cpu_seconds = static_cast<double>(of_pools_ns) / 1e9;
  add(board.totals().counters, sum);
  sum.gauges.generation = value(board.totals().generation);
  add_processes(board, sum);
}

// How much there is beyond `counted`, which becomes `now`.
std::uint64_t take_new(std::uint64_t& counted, std::uint64_t now) {
  return now > counted ? now - std::exchange(counted, now) : 0;
}

}  // namespace

Metrics::Metrics(BuildInfo build, std::unique_ptr<OwnPlace> place)
    : build_(std::move(build)), place_(std::move(place)), own_(place_->add_shard()) {}

void Metrics::publish(const Gauges& gauges) {
  const auto store = [](auto& to, auto from) { to.store(from, std::memory_order_relaxed); };
  PublishedGauges& to = place_->facts().gauges;
  for (std::size_t i = 0; i < gauges.bodies_held.size(); ++i) {
    store(to.bodies_held[i], gauges.bodies_held[i]);
  }
  store(to.queue_depth, gauges.queue_depth);
  store(to.queue_capacity, gauges.queue_capacity);
  store(to.queue_stalled_seconds, gauges.queue_stalled_seconds);
  store(to.tls_expiry, gauges.tls_expiry);
  store(to.opcache_restart_pending, std::uint64_t{gauges.opcache.restart_pending});
  for (std::size_t i = 0; i < gauges.workers.size(); ++i) store(to.workers[i], gauges.workers[i]);
  for (std::size_t i = 0; i < kOpcacheFigures; ++i)
    store(to.opcache[i], gauges.opcache.use.values()[i]);
  count(gauges.opcache);
  publish(gauges.pools);
}

void Metrics::publish(const std::vector<PoolFigures>& pools) {
  counted_.pools.resize(std::max(counted_.pools.size(), pools.size()));
  for (std::size_t pool = 0; pool < pools.size(); ++pool) {
    PoolCounts added{};
    for (std::size_t i = 0; i < kPoolCounts; ++i)
      added[i] = take_new(counted_.pools[pool][i], pools[pool].counts[i]);
    if (PublishedPool* const to = place_->facts().pool(pools[pool].name))
      to->publish(pools[pool], added);
  }
}

// Adds what is new to a shard.
void Metrics::count(const OpcacheState& opcache) {
  OpcacheState& counted = counted_.opcache;
  for (std::size_t i = 0; i < opcache.restarts.size(); ++i) {
    own_.opcache_restarted(static_cast<OpcacheRestartReason>(i),
                           take_new(counted.restarts[i], opcache.restarts[i]));
  }
  own_.add<Metric::kOpcacheRestartsPutOff>(
      take_new(counted.restarts_put_off, opcache.restarts_put_off));
  own_.add<Metric::kOpcacheHits>(take_new(counted.hits, opcache.hits));
  own_.add<Metric::kOpcacheMisses>(take_new(counted.misses, opcache.misses));
  own_.add<Metric::kLogLinesDropped>(take_new(counted_.log_lines_dropped, lines_dropped()));
}

Snapshot Metrics::snapshot(const Gauges& gauges) {
  publish(gauges);
  return sum();
}

Snapshot Metrics::sum() {
  Snapshot sum;
  const std::size_t most = most_shards(*place_);
  reading_(board().totals().changes, [&] {
    sum = Snapshot();
    add_board(board(), most, sum);
  });
  place_->visit_extra_shards([&](const MetricsShard& shard) { add(shard, sum); });
  sum.build = build_;
  return sum;
}

std::uint64_t Metrics::active_connections() const {
  constexpr std::size_t kSlot = slot_of(Metric::kActiveConnections);
  std::uint64_t connections = 0;
  for (std::size_t place = 0; place < board().size().places; ++place) {
    const std::span<const MetricsShard> shards = board().used_shards(place);
    for (const LoopSlot& loop : board().used_loops(place)) {
      if (loop.shard() < shards.size()) connections += shards[loop.shard()].slot(kSlot);
    }
  }
  place_->visit_extra_shards([&](const MetricsShard& shard) { connections += shard.slot(kSlot); });
  return connections;
}

}  // namespace tusk::observe
