// Descriptors 0, 1 and 2. Scripts and what they start use them: they must be what they are called,
// and never a client's connection that happened to get a free number.
//
// Thread: main, before anything opens a descriptor.
#pragma once

namespace tusk::app {

// Nothing is read from standard input: it becomes /dev/null, so that a child process which reads
// meets the end instead of waiting for somebody's terminal. The others become it if they are
// closed.
// And what else the server has inherited, its child processes do not.
void settle_standard_streams();

}  // namespace tusk::app
