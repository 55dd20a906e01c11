// The limits of responses that wait for their clients, as exec/ takes them.
//
// Thread: main; a pure function.
#pragma once

#include "config/settings.h"
#include "exec/response_spool.h"

namespace tusk::app::plan {

inline exec::SpoolLimits spool_limits(const config::Settings& settings) {
  exec::SpoolLimits limits;
  limits.memory_bytes = settings.response_memory_total_bytes;
  limits.disk_bytes = settings.response_disk_total_bytes;
  limits.directory = settings.temp_dir;
  return limits;
}

}  // namespace tusk::app::plan
