// Signals of the server and the host to a worker process: its script's time is over, or it is
// to end.
//
// Owner and thread: the only thread of the worker process.
#pragma once

#include "exec/exchange.h"
#include "exec/executor.h"
#include "exec/process/region.h"

namespace tusk::host {

// Installs the handlers, before there is an executor: from then on the program's own sigaction()
// records what scripts ask for. The handler of exec::process::time_signal() has the executor tell
// the script, as the watchdog does in a server. That of end_signal() has the worker end after its
// request, whose response nobody waits for any more.
void handle_server_signals(const exec::process::Region& region);

// The same without a server, for a script that boots in the host, whose own timer sends the signal
// (host/boot_watch.h). A script that does not react ends the process with this status.
void handle_time_signal(int status_when_lost);

// The executor, and the exchange of the script that it runs now. Null: none runs.
void watch_executor(exec::Executor* executor) noexcept;
void watch_exchange(const exec::Exchange* exchange) noexcept;

// The worker ends: its region may be gone.
void ignore_server_signals() noexcept;

// By which the host ends its workers when the server is gone.
int end_signal();

}  // namespace tusk::host
