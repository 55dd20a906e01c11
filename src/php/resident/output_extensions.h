// Extensions that start an output handler of their own when a request starts: zlib
// (zlib.output_compression) and tidy (tidy.clean_output).
//
// Thread: the worker.
#pragma once

namespace tusk::php::resident {

// The request's superglobals are there, because zlib asks the client's Accept-Encoding. May leave
// by longjmp.
void start_output_extensions();
// The request's output has ended.
void end_output_extensions();

}  // namespace tusk::php::resident
