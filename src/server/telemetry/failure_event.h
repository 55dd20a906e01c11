// Notes a response with a status of 5xx as an event (observe/events.h).
//
// Thread: the request's loop.
#pragma once

#include "base/clock.h"

namespace tusk::server {
struct ActiveRequest;
}

namespace tusk::server::telemetry {

// Does nothing if an event says already why the request failed: a fatal error, a lost worker, a
// full queue. Call it before the request's exchange is released.
void note_failure(const ActiveRequest& request, base::Duration took);

}  // namespace tusk::server::telemetry
