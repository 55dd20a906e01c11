// The stream that holds a request's body once a script or PHP's form parser has read it
// (php://input reads from it). PHP leaves it to the end of all resources, which for a resident
// script is its own.
//
// Thread: the worker.
#pragma once

namespace tusk::php::resident {

// Before sapi_deactivate(), which forgets the stream. A stream that the application still has open
// on php://input keeps it. May leave by longjmp.
void close_request_body();

}  // namespace tusk::php::resident
