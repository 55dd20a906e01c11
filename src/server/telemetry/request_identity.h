// The stages that give a request its identity: its id, and its place in a trace.
//
// Thread: the request's loop.
#pragma once

#include "http/response.h"

namespace tusk::server {
struct ActiveRequest;
}

namespace tusk::server::telemetry {

// When the head is there. A trusted proxy's X-Request-Id is the request's id if it is a valid one.
// If the script is to know the id, the field in the head is set to it.
int settle_request_id(ActiveRequest& request);

// When a response's head is about to be sent. A field that the script has set stays.
void add_request_id(ActiveRequest& request, http::ResponseHead& response);

// When the head is there: continues the trace that the request names, or begins one. The script
// finds the trace, with this server's span as the parent, in the head's fields.
int settle_trace(ActiveRequest& request);

// When a response's head is about to be sent: tells the client the trace.
void add_trace(ActiveRequest& request, http::ResponseHead& response);

}  // namespace tusk::server::telemetry
