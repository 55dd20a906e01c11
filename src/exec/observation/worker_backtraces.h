// The backtraces of all scripts that run now.
//
// Thread: any that may wait, so neither a loop nor a worker; one at a time for each asker.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "exec/observation/backtrace.h"
#include "exec/observation/script_probe.h"

namespace tusk::exec::pool {
class WorkerPools;
}

namespace tusk::exec::observation {

struct WorkerBacktrace {
  int worker = 0;
  bool waits_for_client = false;
  std::string request_id;  // as the logs have it
  Backtrace trace;
};

// How long take_backtraces() waits for threads that compute: those that reach an instruction do so
// within microseconds once they have a processor.
inline constexpr base::Duration kBacktraceTimeout = std::chrono::milliseconds(150);

// Has every worker that runs a request take its backtrace, and waits for the answers for at most
// `timeout`. Those that have not answered by then are looked at while they run. Requests that end
// meanwhile are left out.
std::vector<WorkerBacktrace> take_backtraces(const pool::WorkerPools& pools, Asker asker,
                                             base::Duration timeout = kBacktraceTimeout);

}  // namespace tusk::exec::observation
