// ProcessSettings: how a pool's worker processes are made.
//
// Thread: any; a value that borrows what the process owns.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "exec/process/doorbells.h"
#include "exec/process/host_link.h"
#include "exec/process/region.h"

namespace tusk::exec::process {

// The loops of the server, which workers wake. Complete before the pools start.
struct Loops {
  Doorbells doorbells;
  std::vector<int> wake_fds;  // of each loop
};

struct ProcessSettings {
  HostProgram program;
  RegionLayout layout;
  const Loops* loops = nullptr;
  base::Duration request_limit{};  // zero: none
  base::Duration sse_limit{};      // of event streams; zero: none
};

}  // namespace tusk::exec::process
