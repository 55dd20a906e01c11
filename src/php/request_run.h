// Runs one request through PHP: start-up, execution, shutdown. Bailouts of a request end here,
// except those that are caught earlier (php/zend.h lists the places).
//
// Thread: the worker.
#pragma once

#include "exec/executor.h"
#include "php/interrupt/time_limits.h"
#include "php/request_context.h"
#include "php/runtime.h"

namespace tusk::php {

// Runs the request. context.reply has a head afterwards in every case. `limits` begin here, once
// the thread is no longer held; the caller ends them. Returns kHealthy also when the script has
// failed: its thread is as good as before. kBroken: PHP bailed out where it must not, or has left
// sockets open (php/library/orphans.h).
exec::ExecutorHealth run_request(PhpThread& thread, interrupt::TimeLimits& limits,
                                 RequestContext& context, Method method) noexcept;

// The steps of run_request(), for a script that stays resident. False: PHP bailed out.
bool start_request() noexcept;
// `keeps_file` is looked at when the script has ended: whether its file stays open.
void execute_script(Method method, const bool& keeps_file) noexcept;
bool end_request() noexcept;

// A request without a script and a client, for what PHP does when a request starts. False: PHP
// bailed out, as for kBroken.
bool run_empty_request() noexcept;

// Records errors that end a script in their request's context. Main, after module start-up.
void install_error_observer() noexcept;

}  // namespace tusk::php
