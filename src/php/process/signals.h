// Signals between scripts and the server: functions of libc by which a script could end the server
// or keep signals from it. On threads that run scripts
//
//   sigaction()  records what is asked for (php/process/signal_record.h) and changes nothing,
//   except
//                for the signal of PHP's execution timer, which PHP sets up on these threads;
//   sigprocmask() records too: only the watchdog's signal must get through;
//   alarm()      sets no alarm, because it would end the process;
//   kill()       of the own process calls the handler that the script has set for the signal;
//                without one it is refused with EPERM. It is also refused for the process's group,
//                for all processes, and for the parent process, which may supervise the server. A
//                thread's number means its process (php/process/process_identity.h);
//   signal()     is sigaction();
//   sigwaitinfo(), sigtimedwait()  wait for no signal, because they would take the server's.
//
// Workers have all signals blocked (exec/worker.cc), so that signals reach the main thread.
// Programs that a script starts have no signal blocked and the default dispositions
// (php/process/child_process.cc).
//
// Thread: any.
#pragma once

#include "php/process/signal_record.h"

namespace tusk::php::process {

// Call it in a process that a script forked: removes the server's handlers, installs what the
// script has asked for, and applies its mask.
void adopt_signals(const SignalRecord& asked_for) noexcept;

}  // namespace tusk::php::process
