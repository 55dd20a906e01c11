// The log lines and the event about a server process that has ended, although it should serve or
// drain.
//
// Thread: the supervisor's only one; functions.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "supervisor/crash/running_requests.h"
#include "supervisor/server_process.h"

namespace tusk::supervisor::crash {

struct ProcessEnd {
  const Ending& ending;
  std::uint64_t generation;
  const RunningRequests& cut_off;  // what its workers ran
};

// The process that is started in its place.
struct ReplacementFacts {
  bool was_short_of_memory = false;  // the kernel killed the process that has ended (OOM killer)
  base::Duration served{};           // since the process that has ended was ready
  base::Duration delay{};            // until the next one starts
};

void log_end(const ProcessEnd& end, const ReplacementFacts& replacement);
// A signal has ended it while it drained, so nothing takes its place.
void log_end_of_drain(const ProcessEnd& end);

}  // namespace tusk::supervisor::crash
