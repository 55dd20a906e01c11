// Descriptors 0, 1 and 2. Scripts and their child processes use them, so they must be standard
// streams and never a client's connection that happened to get a free number.
//
// Thread: main, before anything opens a descriptor.
#pragma once

namespace tusk::base::process {

// Makes standard input /dev/null, so that a child process that reads it gets the end of file
// instead of waiting for a terminal. Makes the other two /dev/null if they are closed. Sets
// close-on-exec on all other descriptors that the server has inherited.
void settle_standard_streams();

}  // namespace tusk::base::process
