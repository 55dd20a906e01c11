// What the log says of a stall of a pool's queue: that requests wait, and what each worker does.
//
// Thread: the watchdog.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/clock.h"
#include "exec/pool/pool.h"
#include "exec/stall_watch.h"

namespace tusk::exec::pool {

struct Stall {
  StallWatch::Change change = StallWatch::Change::kNone;
  std::size_t waiting = 0;  // requests
  base::Duration lasts{};
};

// Once when it begins, and once when it is over.
void log_stall(const Stall& stall, const Pool& pool, std::string_view shown_pool);

}  // namespace tusk::exec::pool
