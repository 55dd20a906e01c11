// run_worker: the life of a worker process, from its fork to its end.
//
// Owner: the process. Thread: its only one.
#pragma once

#include "base/unique_fd.h"
#include "exec/executor.h"
#include "exec/process/doorbells.h"
#include "exec/process/host_protocol.h"
#include "host/reply_outlet.h"
#include "host/settings/host_settings.h"

namespace tusk::host {

// What the host hands to the process that it has forked.
struct WorkerParts {
  int worker;        // its number
  int failed_boots;  // of workers with this number, in a row
  base::UniqueFd region;
  SlotSockets sockets;
  const exec::process::DoorbellRinger& doorbells;
  base::UniqueFd reason;  // where the process writes why it could not start or boot
};

// Serves the requests of its region until it is asked to end, or cannot go on.
exec::process::WorkerExit run_worker(WorkerParts parts, exec::Engine& engine,
                                     const HostSettings& settings);

}  // namespace tusk::host
