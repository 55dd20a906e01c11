// What becomes of a script whose client has left, found when it writes: as
// php_handle_aborted_connection() has it, but without a longjmp over the frames of a C library
// (php/library/library_functions.h): curl_exec() that prints what it gets, an echo in a callback of
// SQLite's. There it throws what exit() throws.
//
// Thread: the request's worker.
#pragma once

namespace tusk::php {

// May leave by longjmp, where no library is on the stack.
void end_script_of_gone_client();

}  // namespace tusk::php
