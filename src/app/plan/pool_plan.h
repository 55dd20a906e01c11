// PoolPlan: the plan of one pool.
//
// Thread: any; a value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/process/control_group.h"
#include "base/process/user_change.h"
#include "config/settings.h"
#include "exec/executor.h"
#include "exec/pool/worker_pool.h"

namespace tusk::app::plan {

// A pool has workers and a queue of its own. Its number is its index in ProcessPlan::pools, which
// routes name (site::Route::pool).
struct PoolPlan {
  exec::PoolScripts scripts;         // its name too
  std::string php_host;              // the workers are processes of this program; empty: threads
  base::process::UserAndGroup user;  // of these processes
  base::process::ControlGroupSettings group;  // the same
  base::process::Seccomp seccomp{};           // the same
  std::string chroot;                         // the same; empty: the server's root directory
  std::string preload_list;                   // what its PHP preloads by itself; empty: nothing
  std::vector<std::string> match;             // globs; compiled in the site's routes
  // Without what exists only while tusk serves: the store and the counters of used memory. Numbers
  // of workers are unique in the process: those of a pool follow those of the pool before it.
  exec::pool::WorkerPoolSettings workers;
  std::uint64_t queue_capacity = 0;
  base::Duration queue_timeout{};
};

// The default pool, then those of the configuration, in the order of Settings::pools.
std::vector<PoolPlan> pool_plans(const config::Settings& settings);

}  // namespace tusk::app::plan
