// Records a request that is over: its line of the access log, and its spans.
//
// Thread: the request's loop.
#pragma once

#include "base/clock.h"

namespace tusk::server {
struct ActiveRequest;
}

namespace tusk::server::telemetry {

// Call it before the request's exchange is released.
void record(ActiveRequest& request, base::MonotonicTime now);

}  // namespace tusk::server::telemetry
