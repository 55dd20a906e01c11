// fork() by a script (pcntl_fork), and what remains of the server in the child.
//
// Only the calling thread continues in the child: there is no loop, no other worker, no log thread.
// The child belongs to the script: it finishes the script, shutdown functions and destructors
// included, and ends. It must not
//
//   write to the client, whose response is the parent's: its output is dropped;
//   touch the exchange with the loop: there is no loop;
//   keep descriptors open that are not its request's: a client would wait for the end of its
//   connection, a restarted server could not have the port, and what other requests have open
//   (sessions, locks, sockets, pipes) would not end with them. Its own descriptors are those that
//   the ledger records for its thread (php/descriptors/descriptor_ledger.h), persistent connections
//   among them;
//   answer signals as the server does, or share OPcache's locks.
//
// In the server, a script that replaces the process (pcntl_exec) is refused.
//
// Thread: a worker; in the child the only thread.
#pragma once

namespace tusk::php::process {

// True in a process that a script forked.
bool in_forked_child() noexcept;

// Ends such a process with the script's exit status. Call it after request shutdown.
[[noreturn]] void end_forked_child() noexcept;

}  // namespace tusk::php::process
