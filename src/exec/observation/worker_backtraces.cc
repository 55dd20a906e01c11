#include "exec/observation/worker_backtraces.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "exec/pool/worker_pools.h"

namespace tusk::exec::observation {

namespace {

constexpr std::chrono::milliseconds kPollInterval{1};

// Takes what has been answered, and removes it from `pending`.
void collect(const pool::WorkerPools& pools, Asker asker, Insistence insistence,
             std::vector<std::uint64_t>& pending, std::vector<WorkerBacktrace>& taken) {
  pools.visit_running([&](int worker, Exchange& exchange, Executor& executor) {
    const auto found = std::ranges::find(pending, exchange.job.request_id);
    if (found == pending.end()) return;
    WorkerBacktrace& next = taken.emplace_back();
    if (!executor.probe()->take(asker, insistence, next.trace)) return taken.pop_back();
    next.worker = worker;
    next.waits_for_client = exchange.waits_for_client();
    next.request_id = exchange.job.id().view();
    pending.erase(found);
  });
}

}  // namespace

std::vector<WorkerBacktrace> take_backtraces(const pool::WorkerPools& pools, Asker asker,
                                             base::Duration timeout) {
  std::vector<std::uint64_t> pending;
  pools.visit_running([&](int /*worker*/, Exchange& exchange, Executor& executor) {
    ScriptProbe* const probe = executor.probe();
    if (probe == nullptr) return;
    probe->ask(asker, exchange.job.request_id);
    pending.push_back(exchange.job.request_id);
  });
  std::vector<WorkerBacktrace> taken;
  taken.reserve(pending.size());
  const base::MonotonicTime until = base::now() + timeout;
  while (!pending.empty() && base::now() < until) {
    std::this_thread::sleep_for(kPollInterval);
    collect(pools, asker, Insistence::kPatient, pending, taken);
  }
  if (!pending.empty()) collect(pools, asker, Insistence::kNow, pending, taken);
  return taken;
}

}  // namespace tusk::exec::observation
