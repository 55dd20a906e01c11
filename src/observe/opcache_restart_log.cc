#include "observe/opcache_restart_log.h"

#include <chrono>

namespace tusk::observe {

namespace {
// A script can cause restarts as fast as it runs.
constexpr std::chrono::seconds kInterval{10};
}  // namespace

void OpcacheRestartLog::tell(OpcacheRestartReason reason, std::uint64_t restarts,
                             const Field& pool) {
  const base::MonotonicTime now = base::now();
  if (last_ && now - *last_ < kInterval) return;
  last_ = now;
  switch (reason) {
    case OpcacheRestartReason::kMemory:
      return warn("OPcache was full and has restarted; opcache.memory_consumption is too small",
                  {{"restarts", restarts}, pool});
    case OpcacheRestartReason::kKeys:
      return warn("OPcache was full and has restarted; opcache.max_accelerated_files is too small",
                  {{"restarts", restarts}, pool});
    case OpcacheRestartReason::kReset:
      return info("OPcache has restarted at the request of a script",
                  {{"restarts", restarts}, pool});
  }
}

}  // namespace tusk::observe
