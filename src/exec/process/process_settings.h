// ProcessSettings: how a pool's worker processes are made.
//
// Thread: any; a value that borrows what the process owns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/process/control_group.h"
#include "base/process/crashed_worker.h"
#include "base/unique_fd.h"
#include "exec/process/doorbells.h"
#include "exec/process/host_link.h"
#include "exec/process/region.h"

namespace tusk::exec::process {

// The loops of the server, which workers wake. Complete before the pools start.
struct Loops {
  Doorbells doorbells;
  pid_t leader = 0;  // this process, or its supervisor (base/process/control_group.h)
  // Each pool has an eventfd for each loop. A worker can empty or fill those that it has: so it can
  // keep its own pool's answers from a loop, and nobody else's.
  std::vector<std::vector<base::UniqueFd>> bells{};
};

struct ProcessSettings {
  HostProgram program;
  RegionLayout layout;
  const Loops* loops = nullptr;
  std::size_t pool = 0;                         // its index
  base::Duration request_limit{};               // zero: none
  base::Duration sse_limit{};                   // of event streams; zero: none
  base::process::ControlGroupSettings group{};  // of its host and workers
  // Its host cannot open the log files again: a new one does.
  bool renews_for_logs = false;
  // Told of each worker that has crashed, once its request is answered, on a thread of the pool.
  // Empty: nobody wants to know.
  std::function<void(base::process::CrashedWorker crash)> on_crash{};
};

}  // namespace tusk::exec::process
