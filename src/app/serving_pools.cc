#include "app/serving_pools.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "app/resource_limits.h"
#include "app/serving.h"
#include "config/pool.h"
#include "exec/process/job_encoding.h"
#include "host/settings/host_settings.h"
#include "observe/scoreboard/process_facts.h"
#include "observe/scoreboard/process_view.h"

namespace tusk::app {

// The pools of a process are all in the scoreboard.
static_assert(observe::ProcessFacts::kMostPools > config::kMaxPools);
static_assert(observe::SharedName::kMostBytes >= config::kMaxPoolNameBytes);

Queues queues_of(const plan::ProcessPlan& plan) {
  Queues queues;
  for (const plan::PoolPlan& pool : plan.pools) {
    // Lost workers may come back beside those that replace them.
    const std::size_t workers =
        static_cast<std::size_t>(pool.workers.most_workers()) + pool.workers.max_lost + 1;
    queues.push_back(std::make_unique<exec::RequestQueue>(pool.queue_capacity, workers));
  }
  return queues;
}

std::vector<exec::RequestQueue*> pointers(const Queues& queues) {
  std::vector<exec::RequestQueue*> all;
  for (const auto& queue : queues) all.push_back(queue.get());
  return all;
}

exec::process::RegionLayout region_layout(const plan::Plan& plan) {
  // A request's head may be as large as its limit, and gets paths and addresses besides.
  constexpr std::uint32_t kBesidesHead = 64 * 1024;
  exec::process::RegionLayout layout;
  layout.request_bytes =
      static_cast<std::uint32_t>((plan.listeners.front().limits.header_bytes * 2 + kBesidesHead +
                                  exec::process::kInlineBody + 4095) &
                                 ~4095U);
  return layout;
}

std::vector<exec::ResponseStore::Pool> store_pools(const plan::ProcessPlan& plan,
                                                   const Queues& queues) {
  std::vector<exec::ResponseStore::Pool> pools;
  for (std::size_t i = 0; i < queues.size(); ++i) {
    pools.push_back({.queue = queues[i].get(),
                     .workers = static_cast<std::size_t>(plan.pools[i].workers.most_workers())});
  }
  return pools;
}

namespace {

exec::process::ProcessSettings process_settings(const plan::Plan& plan, const plan::PoolPlan& pool,
                                                const exec::pool::WorkerPoolSettings& settings,
                                                const exec::process::Loops& loops,
                                                std::size_t index) {
  const plan::ProcessPlan& process = plan.process;
  exec::process::ProcessSettings processes;
  processes.layout = region_layout(plan);
  processes.loops = &loops;
  processes.pool = index;
  processes.request_limit = pool.scripts.request_limit;
  processes.sse_limit = process.php->limits.sse;
  processes.program.path = pool.php_host;
  php::Settings php = *process.php;
  php.preload.list_file = pool.preload_list;
  // PHP would load files by other names than scripts have for them.
  if (!pool.chroot.empty()) php.directives.push_back({.name = "opcache.preload", .value = ""});
  processes.group = pool.group;
  processes.renews_for_logs = !pool.chroot.empty() && !process.log_file.empty();
  processes.program.settings = host::encode({.php = std::move(php),
                                             .reply = settings.worker.requests.reply,
                                             .compression = plan.site().compression,
                                             .scripts = pool.scripts,
                                             .region = processes.layout,
                                             .log = process.log,
                                             .log_file = process.log_file,
                                             .request_id_keys = http::request_id_keys(),
                                             .user = pool.user,
                                             .chroot = pool.chroot,
                                             .seccomp = pool.seccomp});
  return processes;
}

}  // namespace

exec::ResponseStore::Settings store_settings(const plan::ProcessPlan& plan,
                                             exec::UnsentUsage& usage) {
  exec::ResponseStore::Settings settings = plan.responses;
  settings.limits.usage = &usage;
  settings.limits.files = most_held_files();
  return settings;
}

std::vector<exec::pool::WorkerPoolSettings> pool_settings(const plan::Plan& plan,
                                                          exec::ResponseStore& store,
                                                          exec::UnsentUsage& usage,
                                                          const Supervision& supervision,
                                                          const exec::process::Loops* loops) {
  std::vector<exec::pool::WorkerPoolSettings> all;
  std::shared_ptr<const supervisor::crash::WorkerCrashes> crashes;
  if (loops != nullptr) crashes = supervision.worker_crashes(plan.process.wants_crash_files);
  for (const plan::PoolPlan& pool : plan.process.pools) {
    exec::pool::WorkerPoolSettings& settings = all.emplace_back(pool.workers);
    settings.worker.scripts = pool.scripts;
    settings.worker.requests.reply.spool.usage = &usage;
    settings.worker.requests.reply.store = &store;
    if (loops == nullptr || pool.php_host.empty()) continue;
    settings.processes = process_settings(plan, pool, settings, *loops, all.size() - 1);
    settings.processes->on_crash = [crashes, user = pool.user](base::process::CrashedWorker crash) {
      crash.user = user;
      crashes->report(std::move(crash));
    };
  }
  return all;
}

std::vector<server::DispatchPool> Serving::dispatch_pools() {
  std::vector<server::DispatchPool> pools;
  const bool names_pools = queues_.size() > 1;
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    const plan::PoolPlan& plan = plan_.process.pools[i];
    pools.push_back({.queue = *queues_[i],
                     .relay = pools_[i].relay(),
                     .queue_timeout = plan.queue_timeout,
                     .counters = &pools_[i].counters(),
                     .shown_name = names_pools ? std::string_view(plan.scripts.pool) : ""});
  }
  return pools;
}

// A pool whose only worker restarts is ready nevertheless, unless the last boot has failed.
std::vector<admin::PoolState> Serving::pool_states() const {
  constexpr std::chrono::seconds kWithoutWorker{3};
  const base::MonotonicTime now = base::now();
  std::vector<admin::PoolState> states;
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    const exec::pool::Pool& pool = pools_[i];
    const auto in_state = [&](exec::pool::WorkerState state) { return pool.count(state); };
    admin::PoolState& state = states.emplace_back();
    state.name = pool.name();
    state.workers_ready =
        in_state(exec::pool::WorkerState::kIdle) + in_state(exec::pool::WorkerState::kBusy);
    // An elastic pool has grown, or a successor starts.
    state.workers_total = std::max(
        state.workers_ready, static_cast<std::size_t>(plan_.process.pools[i].workers.workers));
    state.workers_lost = in_state(exec::pool::WorkerState::kLost);
    state.requests_waiting = queues_[i]->depth();
    state.stalled_for = std::chrono::ceil<std::chrono::seconds>(pool.stalled_for());
    state.down =
        pool.boot_pace().is_down() || (state.workers_ready == 0 && pool.boot_pace().has_failed());
    state.cannot_start = state.workers_ready == 0 && pool.cannot_start();
    const bool was_up = pool_up_[i] != base::MonotonicTime{} && now - pool_up_[i] < kWithoutWorker;
    state.up = state.workers_ready > 0 || (was_up && state.workers_lost == 0);
  }
  return states;
}

admin::OctaneOrders Serving::octane_orders() {
  admin::OctaneOrders orders;
  if (!plan_.process.octane_admin) return orders;
  orders.pass = [this](std::string line, admin::OctaneOrders::Done done) {
    return orders_.pass(std::move(line), std::move(done));
  };
  for (const plan::PoolPlan& pool : plan_.process.pools) {
    if (pool.scripts.resident_script.empty()) continue;
    orders.scripts.push_back({.path = pool.scripts.resident_script,
                              .workers = static_cast<std::uint64_t>(pool.workers.max_workers)});
  }
  return orders;
}

admin::AdminState Serving::admin_state() {
  admin::AdminState state;
  state.draining = drain_->under_way();
  state.has_successor = drain_->has_successor();
  state.accepting = !drain_->draining();
  state.generation = supervision_.generation();
  state.pools = pool_states();
  state.configuration = configuration_.json();
  state.now = std::chrono::system_clock::now();
  // Other threads read it below, and must not ask the pools.
  metrics_.publish(gauges());
  state.version = TUSK_VERSION;
  state.active_connections = [this] { return metrics_.active_connections(); };
  state.snapshot = [this] { return metrics_.sum(); };
  state.processes = [this] { return observe::view_of_all(metrics_.board()); };
  state.events = &metrics_.board().events();
  state.profiler = &profiler_;
  state.backtraces = [this] {
    return exec::observation::take_backtraces(pools_, exec::observation::Asker::kPage);
  };
  return state;
}

observe::Gauges Serving::gauges() {
  observe::Gauges gauges;
  const base::MonotonicTime now = base::now();
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    observe::PoolFigures pool = pools_[i].figures();
    gauges.queue_depth += pool.queue_depth;
    gauges.queue_capacity += pool.queue_capacity;
    for (std::size_t state = 0; state < pool.workers.size(); ++state) {
      gauges.workers[state] += pool.workers[state];
    }
    const auto in_state = [&](exec::pool::WorkerState state) {
      return pool.workers[static_cast<std::size_t>(state)];
    };
    if (in_state(exec::pool::WorkerState::kIdle) + in_state(exec::pool::WorkerState::kBusy) > 0)
      pool_up_[i] = now;
    gauges.pools.push_back(std::move(pool));
  }
  gauges.queue_stalled_seconds = static_cast<std::uint64_t>(
      std::chrono::ceil<std::chrono::seconds>(pools_.stalled_for()).count());
  gauges.bodies_held = {body_usage_.memory_bytes, body_usage_.disk_bytes,
                        unsent_usage_.memory_bytes, unsent_usage_.disk_bytes};
  if (certificates_ != nullptr) gauges.tls_expiry = certificates_->current()->first_expiry();
  gauges.opcache = code_cache();
  return gauges;
}

// The OPcache of this process, if it runs scripts itself, and those of its worker processes.
observe::OpcacheState Serving::code_cache() const {
  observe::OpcacheState all = engine_->code_cache();
  all.add(pools_.code_cache());
  return all;
}

}  // namespace tusk::app
