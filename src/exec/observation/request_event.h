// Notes an event about a request (observe/events.h).
//
// Thread: any that may read the Job.
#pragma once

#include "exec/job.h"
#include "observe/events.h"

namespace tusk::exec::observation {

// Adds the request's id, method, host, path and script to `event`. Nothing is allocated, so it may
// be called where PHP has called tusk.
void note_request_event(const Job& job, observe::Event event) noexcept;

}  // namespace tusk::exec::observation
