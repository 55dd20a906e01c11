// fork() by a script (pcntl_fork), and what is left of the server in the child.
//
// Only the calling thread goes on in the child: no loop, no other worker, no log thread. The child
// is the script's: it finishes its script, shutdown functions and destructors included, and ends.
// It must not
//
//   write to the client, whose response is the parent's: its output goes nowhere;
//   touch the exchange with the loop: nobody is there;
//   keep descriptors open that are not its request's: a client would wait for the end of its
//   connection, a server that is started anew could not have the port, and what other requests
//   have open (sessions, locks, sockets, pipes) would not end with them. Its own are those that
//   the ledger knows as its thread's (php/descriptors/descriptor_ledger.h), persistent connections
//   among them; answer signals as the server does, or share OPcache's locks.
//
// In the server itself, a script that replaces the process (pcntl_exec) is refused.
//
// Thread: a worker; in the child the only one.
#pragma once

namespace tusk::php::process {

// True in a process that a script forked.
bool in_forked_child() noexcept;

// Ends such a process with the script's exit status. To be called after request shutdown.
[[noreturn]] void end_forked_child() noexcept;

}  // namespace tusk::php::process
