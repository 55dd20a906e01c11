// Ends a script whose client has left, which is noticed when the script writes. It does the same as
// php_handle_aborted_connection(), but without a longjmp over the frames of a C library
// (php/library/library_functions.h), such as those of a curl_exec() that prints what it receives,
// or of an echo in a callback of SQLite. There it throws the exception of exit().
//
// Thread: the request's worker.
#pragma once

#include "php/request_context.h"

namespace tusk::php::interrupt {

// May leave by longjmp if no library is on the stack and the script answers this request only: one
// that stays resident is unwound, so that its loop goes on.
void end_script_after_client_left(const RequestContext& context);

}  // namespace tusk::php::interrupt
