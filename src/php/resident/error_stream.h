// STDERR of a resident script: what is written to it becomes lines of the log, with its format and
// the request's id, as error_log() does it. Octane tells errors there.
//
// Thread: the worker whose script runs.
#pragma once

namespace tusk::php::resident {

// Defines the constant, which holds the stream, if there is none. PHP may leave it by longjmp.
void define_error_stream();

}  // namespace tusk::php::resident
