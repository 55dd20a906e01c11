#include "app/plan/pool_plan.h"

#include <algorithm>
#include <utility>

#include "app/plan/live_settings.h"
#include "app/plan/process_plan.h"
#include "app/plan/spool_limits.h"
#include "app/warm_up/warm_up_page.h"

namespace tusk::app::plan {

namespace {

exec::pool::WorkerPoolSettings worker_settings(const config::Settings& settings) {
  exec::pool::WorkerPoolSettings pool;
  const LiveSettings live = live_settings(settings);
  pool.workers = pool.max_workers = static_cast<int>(settings.php_workers);
  pool.max_lost = settings.max_lost_workers;
  pool.lost_clients.per_client = settings.lost_workers_per_client;
  pool.slow_log = live.slow_log;
  pool.stall_timeout = live.stall_timeout;
  pool.worker.stack_bytes = settings.worker_stack_bytes;
  pool.worker.memory_limit = settings.worker_memory_limit;
  pool.worker.requests.max_requests = settings.worker_max_requests;
  pool.worker.requests.reply.buffer_bytes = settings.response_buffer_bytes;
  pool.worker.requests.reply.memory_bytes = settings.response_memory_bytes;
  pool.worker.requests.reply.spool_bytes = settings.response_spool_bytes;
  pool.worker.requests.reply.spool = spool_limits(settings);
  return pool;
}

std::string host_of(config::WorkerKind engine, const std::string& program,
                    const config::Settings& settings) {
  const bool runs_php = settings.executor != config::Executor::kStub;
  if (!runs_php || engine != config::WorkerKind::kProcesses) return {};
  return program.empty() ? default_php_host() : program;
}

// Workers without a user of their own have the server's.
base::process::UserAndGroup user_of(const std::string& user, const std::string& group,
                                    const config::Settings& settings) {
  if (user.empty() && group.empty()) return {.user = settings.user, .group = settings.group};
  return {.user = user.empty() ? settings.user : user, .group = group};
}

PoolPlan default_pool(const config::Settings& settings) {
  PoolPlan plan;
  plan.scripts.pool = config::kDefaultPool;
  plan.scripts.document_root = settings.document_root;
  plan.scripts.request_limit = settings.request_timeout;
  plan.scripts.cpu_limit = settings.request_cpu_timeout;
  plan.php_host = host_of(settings.engine, settings.php_host, settings);
  plan.user = user_of(settings.worker_user, settings.worker_group, settings);
  plan.group = {.name = settings.worker_cgroup,
                .memory_bytes = settings.worker_cgroup_memory_max,
                .cpu_percent = settings.worker_cgroup_cpu_max,
                .processes = settings.worker_cgroup_pids_max};
  plan.seccomp = settings.worker_seccomp;
  plan.chroot = settings.worker_chroot;
  plan.workers = worker_settings(settings);
  plan.queue_capacity = settings.queue_capacity;
  plan.queue_timeout = settings.queue_timeout;
  return plan;
}

// load() has given all members a value.
PoolPlan pool_plan(const config::Pool& pool, const config::Settings& settings) {
  PoolPlan plan = default_pool(settings);
  plan.scripts.pool = pool.name;
  plan.scripts.resident_script = pool.script;
  plan.scripts.request_limit = *pool.request_timeout;
  plan.scripts.cpu_limit = *pool.request_cpu_timeout;
  plan.php_host = host_of(*pool.engine, pool.php_host, settings);
  plan.user = user_of(pool.user, pool.group, settings);
  plan.group = {.name = pool.cgroup,
                .memory_bytes = pool.cgroup_memory_max.value_or(0),
                .cpu_percent = pool.cgroup_cpu_max.value_or(0),
                .processes = pool.cgroup_pids_max.value_or(0)};
  plan.seccomp = pool.seccomp.value_or(base::process::Seccomp::kOff);
  plan.chroot = pool.chroot;
  if (pool.mode == config::ScriptMode::kRewind) plan.scripts.mode = exec::ScriptMode::kRewind;
  plan.scripts.environment = pool.environment;
  for (const config::PhpDirective& directive : pool.directives) {
    plan.scripts.directives.emplace_back(directive.name, directive.value);
  }
  for (const std::string& page : pool.warm_up) {
    warm_up::WarmUpPage parts = warm_up::warm_up_page(page, settings.has_certificate());
    plan.scripts.warm_up.push_back(
        {.target = std::move(parts.target), .host = std::move(parts.host), .https = parts.https});
  }
  plan.match = pool.match;
  plan.workers.workers = static_cast<int>(*pool.min);
  plan.workers.max_workers = static_cast<int>(*pool.max);
  plan.workers.cooling_time = *pool.cooling;
  plan.workers.max_lost = std::min<std::size_t>(*pool.max, settings.max_lost_workers);
  plan.workers.worker.requests.max_requests = *pool.max_requests;
  plan.workers.worker.memory_limit = *pool.max_memory;
  plan.queue_capacity = *pool.queue;
  plan.queue_timeout = *pool.queue_timeout;
  return plan;
}

}  // namespace

std::vector<PoolPlan> pool_plans(const config::Settings& settings) {
  std::vector<PoolPlan> pools;
  pools.push_back(default_pool(settings));
  for (const config::Pool& pool : settings.pools) pools.push_back(pool_plan(pool, settings));
  int next = 0;
  for (PoolPlan& pool : pools) {
    pool.workers.first_worker = std::exchange(next, next + pool.workers.max_workers);
  }
  return pools;
}

}  // namespace tusk::app::plan
