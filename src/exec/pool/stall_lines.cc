#include "exec/pool/stall_lines.h"

#include <chrono>
#include <cstdint>

#include "exec/pool/worker_name.h"
#include "observe/log.h"

namespace tusk::exec::pool {

namespace {

constexpr std::size_t kMostWorkers = 64;

std::int64_t in_seconds(base::Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

}  // namespace

void log_stall(const Stall& stall, const Pool& pool, std::string_view shown_pool) {
  if (stall.change == StallWatch::Change::kNone) return;
  const observe::Field name = pool_field(shown_pool);
  if (stall.change == StallWatch::Change::kRecovered) {
    observe::warn("workers take requests again", {name});
    return;
  }
  observe::error("requests wait, and no worker takes any",
                 {name, {"waiting", stall.waiting}, {"seconds", in_seconds(stall.lasts)}});
  std::size_t said = 0;
  for (const WorkerStatus& status : pool.statuses()) {
    if (status.target.empty() || ++said > kMostWorkers) continue;
    observe::error("what a worker is doing", {name,
                                              {"worker", status.worker},
                                              {"state", to_string(status.state)},
                                              {"seconds", in_seconds(status.running)},
                                              {"request", status.request_id},
                                              {"method", status.method},
                                              {"uri", status.target},
                                              {"script", status.script}});
  }
}

}  // namespace tusk::exec::pool
