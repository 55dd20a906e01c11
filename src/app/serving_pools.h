// The pools of workers, as Serving makes them of the plan.
//
//   serving_pools.cc  these functions, and what Serving tells of its pools
//
// Thread: main.
#pragma once

#include <memory>
#include <vector>

#include "app/plan/plan.h"
#include "app/supervision.h"
#include "exec/pool/worker_pool.h"
#include "exec/process/region.h"
#include "exec/request_queue.h"
#include "exec/response_store.h"

namespace tusk::app {

// One for each pool.
using Queues = std::vector<std::unique_ptr<exec::RequestQueue>>;

Queues queues_of(const plan::ProcessPlan& plan);
std::vector<exec::RequestQueue*> pointers(const Queues& queues);
std::vector<exec::ResponseStore::Pool> store_pools(const plan::ProcessPlan& plan,
                                                   const Queues& queues);
exec::ResponseStore::Settings store_settings(const plan::ProcessPlan& plan,
                                             exec::UnsentUsage& usage);
// The layout of the memory that the server shares with each worker process.
exec::process::RegionLayout region_layout(const plan::Plan& plan);
// The settings include what exists only while tusk serves. `loops` is null if no pool has
// processes.
std::vector<exec::pool::WorkerPoolSettings> pool_settings(const plan::Plan& plan,
                                                          exec::ResponseStore& store,
                                                          exec::UnsentUsage& usage,
                                                          const Supervision& supervision,
                                                          const exec::process::Loops* loops);

}  // namespace tusk::app
