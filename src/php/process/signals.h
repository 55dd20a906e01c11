// Signals between scripts and the server: functions of libc that a script could use to end or
// deafen the server. On threads that run scripts
//
//   sigaction()  remembers what is asked for (php/process/signal_record.h) and changes nothing, but
//   for the
//                signal of PHP's execution timer, which PHP sets up on these threads;
//   sigprocmask() remembers, too: the watchdog's signal must get through, and no other;
//   alarm()      sets no alarm: it would end the process;
//   kill()       of the own process calls the handler that the script has set for the signal;
//                without one it is refused with EPERM. So it is for the process's group, for
//                everybody, and for the parent process, which may supervise the server. A thread's
//                number is its process's (php/process/process_identity.h);
//   signal()     is sigaction();
//   sigwaitinfo(), sigtimedwait()  wait for no signal: they would take the server's.
//
// Workers have all signals blocked (exec/worker_pool.cc), so that they reach the main thread; what
// a script starts gets none blocked and the default dispositions (php/process/child_process.cc).
//
// Thread: any.
#pragma once

#include "php/process/signal_record.h"

namespace tusk::php::process {

// In a process that a script forked: what the server set up goes, what the script asked for comes,
// and its mask holds.
void take_over_signals(const SignalRecord& asked_for) noexcept;

}  // namespace tusk::php::process
